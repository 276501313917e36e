import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { aliveServers } from './alive-store.ts'
import { listAsks } from './asks.ts'
import { type JobEntry, listEntries } from './entry.ts'

export interface JobDescription extends JobEntry {
  readonly job: string
  /** Somebody wants it to run, and it has not begun yet. */
  readonly isAsked: boolean
}

/** All jobs of all servers, by name. */
export async function describeJobs({
  database: { engine, reader },
  clock,
}: {
  readonly database: Database
  readonly clock: Clock
}): Promise<JobDescription[]> {
  const now = clock.now()
  const [entries, { runs }, alive] = await Promise.all([
    listEntries(reader),
    listAsks(reader),
    engine === 'postgres' ? aliveServers(reader, now) : undefined,
  ])
  return entries.map(({ job, entry }) => {
    const { running, nextAt, ...rest } = entry
    // What a dead server was at is taken up by another, which says so then.
    const isRunning = running !== undefined && (alive === undefined || alive.has(running.server))
    return {
      ...{ job, ...rest, isAsked: runs.has(job) },
      nextAt: Math.max(nextAt, now.getTime()),
      ...(isRunning && { running }),
    }
  })
}
