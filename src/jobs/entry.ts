import { z } from 'zod'
import type { Executor, Transaction } from '../metadata/db.ts'
import { listJobStates, readJobState, writeJobState } from '../metadata/job-state.ts'

const runSchema = z.object({
  startedAt: z.number(),
  endedAt: z.number(),
  /** `lost`: its server ended in the middle. */
  outcome: z.enum(['done', 'failed', 'cancelled', 'lost']),
  problem: z.string().optional(),
  /** Somebody wanted it then. */
  asked: z.boolean(),
  host: z.string(),
})
/** A run that is over. */
export type JobRun = z.infer<typeof runSchema>

const runningSchema = z.object({
  startedAt: z.number(),
  asked: z.boolean(),
  /** Names the server among all that ever were. */
  server: z.string(),
  host: z.string(),
  progress: z.object({ done: z.number(), of: z.number().optional(), what: z.string() }).optional(),
})
export type RunningJob = z.infer<typeof runningSchema>

const entrySchema = z.object({
  about: z.string(),
  everyMs: z.number(),
  everywhere: z.boolean(),
  nextAt: z.number(),
  running: runningSchema.optional(),
  last: runSchema.optional(),
  /** Those worth to be remembered, newest first. */
  runs: z.array(runSchema),
})
/** What all servers know of a job: their last runs survive them here. */
export type JobEntry = z.infer<typeof entrySchema>

/** Names of rows begin so. */
const ENTRIES = 'job:'

export async function readEntry(executor: Executor, job: string): Promise<JobEntry | undefined> {
  return parse(await readJobState(executor, `${ENTRIES}${job}`))
}

export async function writeEntry(tx: Transaction, job: string, entry: JobEntry, now: Date): Promise<void> {
  await writeJobState(tx, `${ENTRIES}${job}`, entry, now)
}

/** By name, with when they were last written. */
export async function listEntries(
  executor: Executor,
): Promise<{ readonly job: string; readonly entry: JobEntry; readonly writtenAt: Date }[]> {
  const rows = await listJobStates(executor, ENTRIES)
  return rows.flatMap(({ name, state, updatedAt }) => {
    const entry = parse(state)
    return entry === undefined ? [] : [{ job: name.slice(ENTRIES.length), entry, writtenAt: updatedAt }]
  })
}

export function entryName(job: string): string {
  return `${ENTRIES}${job}`
}

/** What another version wrote and nobody understands is as good as none. */
function parse(state: unknown): JobEntry | undefined {
  return entrySchema.safeParse(state).data
}
