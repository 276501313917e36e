import type { Pool } from 'pg'
import type { Clock } from '../lib/clock.ts'
import { DatabaseUnavailable, isNotYetGiven, isOutage } from './postgres-errors.ts'

/** How long it may take until somebody knows whether a commit whose answer was lost went through. */
const DOUBT_MS = 20_000
const ASK_AGAIN_MS = 100

/** Of a transaction, so that it can be asked for when it is over. */
export interface Identity {
  readonly id: string
  /** Of the server when the connection was made. */
  readonly life: string
}

/**
 * Another after each crash of the server, and after a failover. It matters because a number is given anew when nothing
 * of its transaction had reached the disk by then: it may be another's that was committed.
 */
export const LIFE = `(select extract(epoch from stats_reset)::text from pg_stat_bgwriter)`

interface Doubt {
  readonly pool: () => Pool
  readonly clock: Clock
  /** How the answer was lost. */
  readonly cause: unknown
}

/** What became of a transaction whose commit had no answer. @throws DatabaseUnavailable when nobody can know */
export async function isCommitted(identity: Identity, { pool, clock, cause }: Doubt): Promise<boolean> {
  const deadline = performance.now() + DOUBT_MS
  while (performance.now() < deadline) {
    const fate = await fateOf(pool(), identity)
    if (fate === 'committed') return true
    if (fate === 'lost') return false
    if (fate === 'unknown') break
    await clock.sleep(ASK_AGAIN_MS)
  }
  throw new DatabaseUnavailable(
    'the database went away while a change was being committed, and nobody knows whether it was: look, and try again',
    cause,
  )
}

/** `open`: the server cannot be asked, or is still at it. */
async function fateOf(pool: Pool, { id, life }: Identity): Promise<'committed' | 'lost' | 'open' | 'unknown'> {
  try {
    const { rows } = await pool.query(`select pg_xact_status($1::xid8) as status, ${LIFE} as life`, [id])
    const { status, life: lifeNow } = rows[0] as { status: string | null; life: string }
    // What was committed for good is never given anew: whoever this is, it is not ours that lasted.
    if (status === 'aborted') return 'lost'
    if (lifeNow === life) return status === 'committed' ? 'committed' : 'open'
    return status === 'in progress' ? 'lost' : 'unknown'
  } catch (error) {
    if (isOutage(error)) return 'open'
    if (isNotYetGiven(error)) return 'lost'
    throw error
  }
}
