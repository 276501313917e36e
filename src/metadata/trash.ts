import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'

/** An object that no blob refers to any more. */
export interface Trash {
  readonly storageKey: string
  readonly sizeBytes: number
  readonly deleteAfter: Date
}

const insert = prepare<{ key: string; size: number; deleteAfter: number }, never>((db, parameter) =>
  db
    .insertInto('trash')
    .values({ storage_key: parameter('key'), size: parameter('size'), delete_after: parameter('deleteAfter') })
    .onConflict((conflict) => conflict.doNothing()),
)

export async function addTrash(tx: Transaction, { storageKey, sizeBytes, deleteAfter }: Trash): Promise<void> {
  await insert(tx, { key: storageKey, size: sizeBytes, deleteAfter: deleteAfter.getTime() })
}

const due = prepare<{ now: number; limit: number }, { storage_key: string; size: number; delete_after: number }>(
  (db, parameter) =>
    db
      .selectFrom('trash')
      .selectAll()
      .where('delete_after', '<=', parameter('now'))
      .orderBy('delete_after')
      .limit(parameter('limit')),
)

export async function dueTrash(executor: Executor, now: Date, limit: number): Promise<Trash[]> {
  const rows = await due(executor, { now: now.getTime(), limit })
  return rows.map((row) => ({
    storageKey: row.storage_key,
    sizeBytes: row.size,
    deleteAfter: new Date(row.delete_after),
  }))
}

/** Whether an object waits to be removed. */
export async function isTrash(executor: Executor, storageKey: string): Promise<boolean> {
  const row = await executor.db
    .selectFrom('trash')
    .select('storage_key')
    .where('storage_key', '=', storageKey)
    .executeTakeFirst()
  return row !== undefined
}

const remove = prepare<{ key: string }, never>((db, parameter) =>
  db.deleteFrom('trash').where('storage_key', '=', parameter('key')),
)

export async function removeTrash(tx: Transaction, storageKey: string): Promise<void> {
  await remove(tx, { key: storageKey })
}
