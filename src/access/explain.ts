import { type Account, findAccount, principalOf } from '../auth/accounts.ts'
import { ANONYMOUS, type Principal } from '../auth/principal.ts'
import { findRobot } from '../auth/robot-store.ts'
import { findUser } from '../auth/user-store.ts'
import { Problem } from '../lib/problem.ts'
import { isRepositoryName } from '../oci/name.ts'
import { actionsOf, isRepositoryAction, REPOSITORY_ACTIONS } from './actions.ts'
import { type Management, requireFound } from './management.ts'
import type { Project } from './project-store.ts'
import { nameOfSubject } from './subjects.ts'

export interface Explanation {
  readonly allowed: boolean
  /** The rule that decided. */
  readonly rule: string
  /** Everything that was looked at, in sentences. */
  readonly considered: readonly string[]
}

export interface ExplainQuestion {
  /** Name of a user or robot, or `anonymous`. */
  readonly who: string
  readonly action: string
  readonly repository: string
}

/** Which rule lets somebody do something or not, decided by the same authorizer that decides requests. @throws Problem */
export async function explain(m: Management, { who, action, repository }: ExplainQuestion): Promise<Explanation> {
  if (!isRepositoryAction(action)) throw new Problem('invalid', `an action is one of ${REPOSITORY_ACTIONS.join(', ')}`)
  if (!isRepositoryName(repository)) throw new Problem('invalid', `"${repository.slice(0, 100)}" is no repository name`)
  const principal = await principalNamed(m, who)
  const { allowed, rule } = await m.authorizer.allows(principal, action, { repository })
  const project = await m.access.projectOf(repository)
  const account = await findAccount(m.database.reader, principal.id)
  const considered = [
    placeOf(repository, project),
    ...(account === undefined ? [] : aboutAccount(account)),
    ...(account === undefined || project === undefined ? [] : await grantsOf(m, project, account)),
    ...(account?.maker === undefined ? [] : [await makerOf(m, account.name, account.maker)]),
  ]
  return { allowed, rule, considered }
}

function placeOf(repository: string, project: Project | undefined): string {
  if (project === undefined) return `${repository} belongs to no project`
  return `${repository} belongs to the project ${project.name}, which is ${project.public ? 'public' : 'private'}`
}

function aboutAccount({ name, disabled, expiresAt, systemRole, groups }: Account): string[] {
  return [
    ...(disabled ? [`${name} is disabled`] : []),
    ...(expiresAt === undefined ? [] : [`${name} expires at ${expiresAt.toISOString()}`]),
    ...(systemRole === 'none' ? [] : [`${name} is ${systemRole} of the registry`]),
    ...(groups.length === 0 ? [] : [`${name} is in ${groups.join(', ')}`]),
  ]
}

async function grantsOf(m: Management, project: Project, account: Account): Promise<string[]> {
  const grants = await m.access.grantsIn(project, account)
  const sentences = grants.map(async ({ subject, allows, pattern }) => {
    const what = `"${allows}" (${actionsOf(allows).join(', ')}) for ${pattern === '' ? 'everything' : pattern}`
    return `${await nameOfSubject(m.database.reader, subject)} has ${what}`
  })
  return Promise.all(sentences)
}

async function makerOf({ database }: Management, name: string, id: string): Promise<string> {
  const maker = await findAccount(database.reader, id)
  return `${name} never holds more than ${maker?.name ?? 'its maker, who is gone'}`
}

async function principalNamed({ database }: Management, name: string): Promise<Principal> {
  if (name === 'anonymous') return ANONYMOUS
  const user = await findUser(database.reader, name)
  const robot = user === undefined ? await findRobot(database.reader, name) : undefined
  const id = user === undefined ? `robot:${robot?.id ?? ''}` : `user:${user.id}`
  return principalOf(requireFound(await findAccount(database.reader, id), `user or robot "${name.slice(0, 100)}"`))
}
