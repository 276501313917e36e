import { z } from 'zod'
import type { Executor, Transaction } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import { RECOVERY_STATE, type RecoveryState } from '../registry/recovery-keys.ts'

const state = z.object({
  epochs: z.array(z.string()),
  cursor: z.int(),
  /** That of this database's own log; undefined: it has none yet. */
  epoch: z.string().optional(),
  /** What a checkpoint would take the place of. */
  log: z.object({ pieces: z.int(), bytes: z.int() }).default({ pieces: 0, bytes: 0 }),
  /** Undefined: everything must be said once. */
  checkpointBytes: z.int().optional(),
  /** The newest row of the audit by which content went from the log, or may be forgotten from now on. */
  removal: z.int().optional(),
  /** When the newest whole checkpoint was begun, in milliseconds since 1970, and at which row of the audit. */
  checkpoint: z.object({ through: z.int(), at: z.int() }).optional(),
  /** The newest whole checkpoint, while what it takes the place of has not gone yet. */
  prune: z.object({ through: z.int(), checkpoint: z.string() }).optional(),
})

/** What the job knows of its log. */
export interface LogState extends RecoveryState {
  readonly epoch?: string | undefined
  readonly log: { readonly pieces: number; readonly bytes: number }
  readonly checkpointBytes?: number | undefined
  readonly removal?: number | undefined
  readonly checkpoint?: { readonly through: number; readonly at: number } | undefined
  readonly prune?: { readonly through: number; readonly checkpoint: string } | undefined
}

const NOTHING: LogState = { epochs: [], cursor: 0, log: { pieces: 0, bytes: 0 } }

export async function readLogState(executor: Executor): Promise<LogState> {
  const parsed = state.safeParse(await readJobState(executor, RECOVERY_STATE))
  return parsed.success ? parsed.data : NOTHING
}

export async function writeLogState(tx: Transaction, value: LogState, now: Date): Promise<void> {
  await writeJobState(tx, RECOVERY_STATE, value, now)
}
