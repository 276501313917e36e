import { z } from 'zod'
import type { Executor, Transaction } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'

const counts = { blobs: z.int(), bytes: z.int(), damaged: z.int() }
const state = z.object({
  pass: z.object({ ...counts, startedAt: z.int(), cursor: z.string() }).optional(),
  lastPass: z.object({ ...counts, startedAt: z.int(), endedAt: z.int() }).optional(),
})

/** How far a pass through all blobs has come, in the order of their digests, and how the one before ended. */
export type ScrubState = z.infer<typeof state>

const NAME = 'scrub'

export async function readScrubState(executor: Executor): Promise<ScrubState> {
  return state.catch({}).parse(await readJobState(executor, NAME))
}

export async function writeScrubState(tx: Transaction, value: ScrubState, now: Date): Promise<void> {
  await writeJobState(tx, NAME, value, now)
}
