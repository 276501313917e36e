import { Problem } from '../lib/problem.ts'

/**
 * What can be done in a repository. `push` adds what is new; moving a tag that exists is `overwrite`; `protect` says that
 * an image is in use, so that nobody deletes it.
 */
export const REPOSITORY_ACTIONS = ['pull', 'push', 'overwrite', 'delete', 'protect', 'manage'] as const
export type RepositoryAction = (typeof REPOSITORY_ACTIONS)[number]

/** What can be done in the registry as a whole. */
export type SystemAction =
  /** List repositories; what is listed depends on `pull`. */
  | 'catalog'
  /** Change users, groups and every project. */
  | 'administer'
  /** Read the audit, users and settings. */
  | 'inspect'

export type Action = RepositoryAction | SystemAction

export const ROLES = ['reader', 'writer', 'maintainer', 'owner'] as const
export type Role = (typeof ROLES)[number]

const ROLE_ACTIONS: Readonly<Record<Role, readonly RepositoryAction[]>> = {
  reader: ['pull'],
  writer: ['pull', 'push', 'overwrite'],
  maintainer: ['pull', 'push', 'overwrite', 'delete', 'protect'],
  owner: REPOSITORY_ACTIONS,
}

export function isRole(text: string): text is Role {
  return Object.hasOwn(ROLE_ACTIONS, text)
}

export function isRepositoryAction(text: string): text is RepositoryAction {
  return (REPOSITORY_ACTIONS as readonly string[]).includes(text)
}

/** What a grant says: a role, or actions with commas between them. Unknown words allow nothing. */
export function actionsOf(allows: string): readonly RepositoryAction[] {
  return isRole(allows) ? ROLE_ACTIONS[allows] : allows.split(',').filter(isRepositoryAction)
}

/** @throws Problem */
export function parseAllows(text: string): string {
  if (isRole(text)) return text
  const actions = text.split(',')
  const foreign = actions.find((action) => !isRepositoryAction(action))
  if (foreign !== undefined)
    throw new Problem(
      'invalid',
      `"${foreign.slice(0, 50)}" is neither a role (${ROLES.join(', ')}) nor an action (${REPOSITORY_ACTIONS.join(', ')})`,
    )
  return REPOSITORY_ACTIONS.filter((action) => actions.includes(action)).join(',')
}
