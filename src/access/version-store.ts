import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'

const find = prepare<object, { version: number }>((db) =>
  db.selectFrom('access_state').select('version').where('id', '=', 1),
)

export async function findAccessVersion(executor: Executor): Promise<number> {
  const [row] = await find(executor, {})
  return row?.version ?? 0
}

export async function raiseAccessVersion(tx: Transaction): Promise<void> {
  await tx.db
    .updateTable('access_state')
    .set((update) => ({ version: update('version', '+', 1) }))
    .where('id', '=', 1)
    .execute()
}
