import type { Executor, Transaction } from '../metadata/db.ts'
import type { Schema } from '../metadata/schema.ts'

export type TokenKeyRow = Schema['token_keys']

export async function findPublicKey(executor: Executor, id: string): Promise<string | undefined> {
  const row = await executor.db.selectFrom('token_keys').select('public_key').where('id', '=', id).executeTakeFirst()
  return row?.public_key
}

export async function findNewestKey(executor: Executor, madeAfter: Date): Promise<TokenKeyRow | undefined> {
  return executor.db
    .selectFrom('token_keys')
    .selectAll()
    .where('created_at', '>', madeAfter.getTime())
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function addKey(tx: Transaction, row: TokenKeyRow): Promise<void> {
  await tx.db.insertInto('token_keys').values(row).execute()
}

export async function removeKeysMadeBefore(tx: Transaction, moment: Date): Promise<void> {
  await tx.db.deleteFrom('token_keys').where('created_at', '<', moment.getTime()).execute()
}
