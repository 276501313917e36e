import { findAccount } from '../auth/accounts.ts'
import { principalOf } from '../auth/accounts.ts'
import { ANONYMOUS, type Principal } from '../auth/principal.ts'
import { findRobot } from '../auth/robot-store.ts'
import { findUser } from '../auth/user-store.ts'
import { Problem } from '../lib/problem.ts'
import { isRepositoryName } from '../oci/name.ts'
import { actionsOf, isRepositoryAction, REPOSITORY_ACTIONS } from './actions.ts'
import { type Management, requireFound } from './management.ts'

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
  const considered: string[] = []
  const project = await m.access.projectOf(repository)
  considered.push(
    project === undefined
      ? `${repository} belongs to no project`
      : `${repository} belongs to the project ${project.name}, which is ${project.public ? 'public' : 'private'}`,
  )
  const account = await findAccount(m.database.reader, principal.id)
  if (account === undefined) return { allowed, rule, considered }
  if (account.disabled) considered.push(`${account.name} is disabled`)
  if (account.expiresAt !== undefined) considered.push(`${account.name} expires at ${account.expiresAt.toISOString()}`)
  if (account.systemRole !== 'none') considered.push(`${account.name} is ${account.systemRole} of the registry`)
  if (account.groups.length > 0) considered.push(`${account.name} is in ${account.groups.join(', ')}`)
  for (const grant of project === undefined ? [] : await m.access.grantsIn(project, account)) {
    const through = grant.subject === account.id ? account.name : 'one of these groups'
    const where = grant.pattern === '' ? 'everything' : grant.pattern
    considered.push(`${through} has "${grant.allows}" (${actionsOf(grant.allows).join(', ')}) for ${where}`)
  }
  if (account.maker !== undefined) {
    const maker = await findAccount(m.database.reader, account.maker)
    considered.push(`${account.name} never holds more than ${maker?.name ?? 'its maker, who is gone'}`)
  }
  return { allowed, rule, considered }
}

async function principalNamed({ database }: Management, name: string): Promise<Principal> {
  if (name === 'anonymous') return ANONYMOUS
  const user = await findUser(database.reader, name)
  const robot = user === undefined ? await findRobot(database.reader, name) : undefined
  const id = user === undefined ? `robot:${robot?.id ?? ''}` : `user:${user.id}`
  return principalOf(requireFound(await findAccount(database.reader, id), `user or robot "${name.slice(0, 100)}"`))
}
