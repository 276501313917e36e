import type { Management } from '../../access/management.ts'
import { isRepositoryAction } from '../../access/actions.ts'
import { findProject, type Project } from '../../access/project-store.ts'
import type { Principal } from '../../auth/principal.ts'
import { Problem } from '../../lib/problem.ts'
import { isRepositoryName, type RepositoryName } from '../../oci/name.ts'
import type { ApiAccess } from './api-route.ts'
import { unauthenticated } from './problems.ts'

/** Who asks, and how it was proven. */
export interface ApiCaller {
  readonly principal: Principal
  /** `session`: a browser's cookie. */
  readonly by: 'nothing' | 'session' | 'credentials'
  readonly csrf?: string
}

/** Absent, or none of the caller's business: nobody is told which, and the audit has both as refused. */
export class UnknownProject extends Problem {
  constructor(name: string) {
    super('not-found', `there is no project "${name.slice(0, 100)}"`)
  }
}

/** The same of a repository. */
export class UnknownRepository extends Problem {
  constructor(name: string) {
    super('not-found', `there is no repository "${name.slice(0, 300)}"`)
  }
}

/** The same of something in the recycle bin. */
export class UnknownDeletion extends Problem {
  constructor(id: number) {
    super('not-found', `there is no deletion ${id} in the recycle bin`)
  }
}

/** Whether somebody may know that a project is there. */
export async function mayKnow(m: Management, principal: Principal, project: Project): Promise<boolean> {
  if ((await m.authorizer.allows(principal, 'pull', { project })).allowed) return true
  // A key that was made for some repositories is for those: it does not tell what else its owner has.
  if (principal.key?.scopes !== undefined) return false
  const account = await m.accounts.find(principal.id)
  return account !== undefined && (await m.access.grantsIn(project, account)).length > 0
}

/**
 * Lets a call in, with the project of its path, or throws. A project that the caller may not know of is as absent as
 * one that is not there. @throws Problem
 */
export async function admitApi(
  m: Management,
  { principal }: ApiCaller,
  access: ApiAccess,
  projectName: string | undefined,
): Promise<Project | undefined> {
  if (access === 'inspect' || access === 'administer') await requireAllowed(m, principal, access)
  if (access === 'own' && (principal.kind !== 'user' || principal.key !== undefined))
    throw new Problem('forbidden', 'this takes a person with a password or a browser session, not a key or a robot')
  if (projectName === undefined) return undefined
  const project = await findProject(m.database.reader, projectName)
  if (project === undefined || !(await mayKnow(m, principal, project))) throw new UnknownProject(projectName)
  if (access === 'manage' && !(await m.authorizer.allows(principal, 'manage', { project })).allowed)
    throw new Problem('forbidden', `this takes an owner of the project ${project.name}`)
  return project
}

/**
 * The repository of a call's path. Who may neither do what the route does nor pull is told what he would be told if it
 * were not there. @throws Problem
 */
export async function admitToRepository(
  { authorizer }: Management,
  { principal }: Pick<ApiCaller, 'principal'>,
  access: ApiAccess,
  name: string | undefined,
): Promise<RepositoryName | undefined> {
  if (name === undefined) return undefined
  if (!isRepositoryName(name)) throw new UnknownRepository(name)
  const on = { repository: name }
  const action = access.startsWith('repository:') ? access.slice('repository:'.length) : 'pull'
  if (!isRepositoryAction(action)) throw new Error(`the route asks for ${action}, which is no action`)
  const { allowed, rule } = await authorizer.allows(principal, action, on)
  if (allowed) return name
  if (principal.kind === 'anonymous') throw unauthenticated()
  if (action !== 'pull' && (await authorizer.allows(principal, 'pull', on)).allowed)
    throw new Problem('forbidden', rule)
  throw new UnknownRepository(name)
}

async function requireAllowed(m: Management, principal: Principal, action: 'inspect' | 'administer'): Promise<void> {
  const { allowed, rule } = await m.authorizer.allows(principal, action, 'registry')
  if (!allowed) throw new Problem('forbidden', rule)
}
