import type { Accounts } from '../auth/accounts.ts'
import type { Principal } from '../auth/principal.ts'
import type { WorkloadPreset } from '../auth/workload-presets.ts'
import { type Actor, OPERATOR } from '../lib/actor.ts'
import type { AuditEntry, Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { changeAccess } from './access-cache.ts'
import type { Access } from './access.ts'
import type { RepositoryAction } from './actions.ts'
import type { Authorizer } from './authorizer.ts'
import type { Project } from './project-store.ts'

/** What changes of users, projects and rights work with. */
export interface Management {
  readonly database: Database
  readonly access: Access
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly recorder: Recorder
  readonly clock: Clock
  /** Whether a project that a push creates is public: where reading is open to all anyway. */
  readonly publicByDefault: () => Promise<boolean>
  /** What a workload’s issuer is, by its name in the configuration. */
  readonly workloadPreset: (issuer: string) => WorkloadPreset | undefined
  /** Told, inside the change, of a project that has come or gone: repositories at and below its name changed theirs. */
  readonly onProjectsChanged: readonly ProjectListener[]
}

export type ProjectListener = (tx: Transaction, name: string) => Promise<void>

/** Who wants a change. */
export interface By {
  readonly actor: Actor
  /** Undefined: whoever runs commands on the server itself, who may do everything. */
  readonly principal: Principal | undefined
}

/** Who a new thing belongs to; undefined for what the operator makes: that is nobody's in particular. */
export function makerOf({ actor, principal }: By): string | undefined {
  return actor.id === OPERATOR.id ? undefined : principal?.id
}

/** What the audit says of a change, but for who made it and when. */
export type Change = Pick<AuditEntry, 'action' | 'target' | 'detail'>

/** One durable change with its row in the audit; every process knows of it at its next look. */
export async function change<T>(
  { database, recorder }: Management,
  by: By,
  about: Change,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return changeAccess(database, async (tx) => {
    const result = await work(tx)
    await recorder.record(tx, { ...about, actor: by.actor, outcome: 'done' })
    return result
  })
}

/** Nobody gives away what he does not have. @throws Problem */
export async function requireHeld(
  { authorizer }: Management,
  { principal }: By,
  project: Project,
  actions: readonly RepositoryAction[],
): Promise<void> {
  if (principal === undefined) return
  for (const action of actions) {
    const { allowed } = await authorizer.allows(principal, action, { project })
    if (!allowed)
      throw new Problem(
        'forbidden',
        `you may not give ${action} in the project ${project.name}: you do not have it yourself`,
      )
  }
}

export async function tellProjectChanged(
  { onProjectsChanged }: Management,
  tx: Transaction,
  name: string,
): Promise<void> {
  for (const listener of onProjectsChanged) await listener(tx, name)
}

export function requireFound<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Problem('not-found', `there is no ${what}`)
  return found
}
