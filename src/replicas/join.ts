import type { Job } from '../jobs/job.ts'
import type { JobTurns } from '../jobs/scheduler.ts'
import { orMoved } from '../metadata/move-state.ts'
import type { Registry } from '../registry/registry.ts'
import { replicaJobs, sayGone, sayHere } from './presence.ts'
import { jobTurns } from './turns.ts'

/** What this server is among others on its database. */
export interface Replica {
  readonly jobs: readonly Job[]
  readonly turns: JobTurns
  /** Goes without leaving the others to find out. */
  leave(): Promise<void>
}

export async function joinReplicas(registry: Registry, boot: string): Promise<Replica> {
  const { database, clock } = registry
  await sayHere(database, clock, { id: boot, startedAt: clock.now() })
  return {
    jobs: replicaJobs({ registry, boot }),
    turns: jobTurns({ database, clock, holder: boot }),
    leave: () => orMoved(sayGone(database, boot)),
  }
}
