import type { Actor } from '../lib/actor.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Job } from '../jobs/job.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { readJobState } from '../metadata/job-state.ts'
import type { Log } from '../observability/log.ts'
import { NO_RECOVERY_STATE, RECOVERY_STATE, type RecoveryState } from '../registry/recovery-keys.ts'
import type { AuditRow } from './chain.ts'
import { readState, removeThrough, rowsAfter } from './store.ts'

export interface RetentionOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly recorder: Recorder
  readonly keepMs: number
  /** Rows are sent away: then they wait here until they were. */
  readonly exporting: boolean
  /** Rows go into the recovery log: then they wait here until they have. */
  readonly logging?: boolean
  readonly batchRows?: number
}

const HOUR_MS = 3_600_000
const BATCH = 5000
/** How long rows wait for a receiver, or a log, that does not come back. */
export const UNSENT_EXTRA_MS = 30 * 24 * HOUR_MS

const RETENTION: Actor = { id: 'system', name: 'audit-retention', address: '' }

/**
 * Removes old rows from the beginning of the chain, and says so in it. Stops at the first row that is not old: after a
 * clock that was wrong, rather some rows stay too long than one goes too early.
 */
export function auditRetention(options: RetentionOptions): Job {
  const { database, log, recorder, batchRows = BATCH } = options
  return {
    name: 'audit-retention',
    about: 'Removes rows of the audit that are older than they are kept.',
    everyMs: HOUR_MS,
    run: async () => {
      await recorder.seal()
      let total = 0
      for (let removed = batchRows; removed === batchRows; total += removed)
        removed = await database.writeQuietly((tx) => removeBatch(tx, options))
      if (total > 0) log.info('old rows of the audit were removed', { rows: total })
    },
  }
}

async function removeBatch(tx: Transaction, options: RetentionOptions): Promise<number> {
  const { recorder, batchRows = BATCH } = options
  const { anchor, exportedId } = await readState(tx)
  const loggedId = options.logging ? await recoveryCursor(tx) : Number.POSITIVE_INFINITY
  const takenId = options.exporting ? Math.min(exportedId, loggedId) : loggedId
  const old = await rowsAfter(tx, anchor.id, batchRows)
  const end = old.findIndex((row) => !isRemovable(row, takenId, options))
  const rows = end < 0 ? old : old.slice(0, end)
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return 0
  await removeThrough(tx, last)
  await recorder.record(tx, {
    actor: RETENTION,
    action: 'audit.pruned',
    target: 'audit',
    outcome: 'done',
    detail: { rows: rows.length, from: first.id, through: last.id, until: new Date(last.at).toISOString() },
  })
  return rows.length
}

function isRemovable({ id, at }: AuditRow, takenId: number, options: RetentionOptions): boolean {
  const ageMs = options.clock.now().getTime() - at
  if (id > takenId) return ageMs > options.keepMs + UNSENT_EXTRA_MS
  return ageMs > options.keepMs
}

async function recoveryCursor(tx: Transaction): Promise<number> {
  const state = (await readJobState(tx, RECOVERY_STATE)) ?? NO_RECOVERY_STATE
  return (state as RecoveryState).cursor
}
