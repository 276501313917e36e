import { coalesce } from '../lib/coalesce.ts'
import { failpoint } from '../lib/failpoint.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { type AuditRow, rowHash } from './chain.ts'
import { parseDraft } from './draft.ts'
import { isAnyWaiting, takeWaiting } from './inbox-store.ts'
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
  // Asked without a transaction, because mostly there is nothing.
  while (await isAnyWaiting(database.reader)) {
    const sealed = await database.writeQuietly(sealBatch)
    failpoint('audit.after-seal')
    if (sealed < BATCH) return
    // A long row of batches would keep everything else from its turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function sealBatch(tx: Transaction): Promise<number> {
  await lockChain(tx)
  const waiting = await takeWaiting(tx, BATCH)
  if (waiting.length === 0) return 0
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
  return rows.length
}
