import { coalesce } from '../lib/coalesce.ts'
import { failpoint } from '../lib/failpoint.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { type AuditRow, rowHash } from './chain.ts'
import { parseDraft } from './draft.ts'
import { findNewestWaiting, takeWaiting } from './inbox-store.ts'
import { findHead, insertRows, lockChain } from './store.ts'

/** Rows of one transaction: other writers wait about 5 ms for them. */
const BATCH = 250

/** Many who ask at once share a run that began after they asked. */
export function createSealer(database: Database): () => Promise<void> {
  return coalesce(() => sealAudit(database))
}

/**
 * Gives everything that was committed and waits its place in the chain: its id and its hash. Any number of processes may
 * do it at once, and each row is moved exactly once.
 */
export async function sealAudit(database: Database): Promise<void> {
  // Asked without a transaction, because mostly there is nothing; and whoever waits need not wait for what comes later.
  const newest = await findNewestWaiting(database.reader)
  if (newest === undefined) return
  for (;;) {
    const through = await database.writeQuietly(sealBatch)
    failpoint('audit.after-seal')
    if (through >= newest) return
    // A long row of batches would keep everything else from its turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Returns up to where in the inbox nothing waits any more. */
async function sealBatch(tx: Transaction): Promise<number> {
  await lockChain(tx)
  const waiting = await takeWaiting(tx, BATCH)
  failpoint('audit.before-seal')
  let { id, hash } = await findHead(tx)
  const rows: AuditRow[] = []
  for (const { at, draft } of waiting) {
    id++
    const row = { ...parseDraft(draft), id, at }
    hash = rowHash(hash, row)
    rows.push({ ...row, hash })
  }
  await insertRows(tx, rows)
  return waiting.length < BATCH ? Number.POSITIVE_INFINITY : (waiting.at(-1)?.id ?? 0)
}
