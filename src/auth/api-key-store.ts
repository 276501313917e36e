import type { Executor, Transaction } from '../metadata/db.ts'
import type { KeyScope } from './principal.ts'

export interface ApiKey {
  readonly id: string
  readonly userId: string
  readonly name: string
  /** Undefined: everything its owner may do. */
  readonly scopes: readonly KeyScope[] | undefined
  readonly expiresAt: Date
  readonly createdAt: Date
}

interface ApiKeyRow {
  id: string
  user_id: string
  name: string
  scopes: string | null
  expires_at: number
  created_at: number
}

const COLUMNS = ['id', 'user_id', 'name', 'scopes', 'expires_at', 'created_at'] as const

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    scopes: row.scopes === null ? undefined : (JSON.parse(row.scopes) as KeyScope[]),
    expiresAt: new Date(row.expires_at),
    createdAt: new Date(row.created_at),
  }
}

export async function findApiKeyBySecret(executor: Executor, secretHash: string): Promise<ApiKey | undefined> {
  const row = await executor.db
    .selectFrom('api_keys')
    .select(COLUMNS)
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return row && toApiKey(row)
}

export async function findApiKey(executor: Executor, id: string): Promise<ApiKey | undefined> {
  const row = await executor.db.selectFrom('api_keys').select(COLUMNS).where('id', '=', id).executeTakeFirst()
  return row && toApiKey(row)
}

export async function listApiKeys(executor: Executor, userId: string): Promise<ApiKey[]> {
  const rows = await executor.db
    .selectFrom('api_keys')
    .select(COLUMNS)
    .where('user_id', '=', userId)
    .orderBy('name')
    .execute()
  return rows.map(toApiKey)
}

export async function insertApiKey(tx: Transaction, key: ApiKey, secretHash: string): Promise<void> {
  await tx.db
    .insertInto('api_keys')
    .values({
      id: key.id,
      user_id: key.userId,
      name: key.name,
      secret_hash: secretHash,
      scopes: key.scopes === undefined ? null : JSON.stringify(key.scopes),
      expires_at: key.expiresAt.getTime(),
      created_at: key.createdAt.getTime(),
    })
    .execute()
}

/** Only of that user. Returns whether there was such a key. */
export async function deleteApiKey(tx: Transaction, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('api_keys')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** When robots and keys were last used, by their ids. */
export async function findUses(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, Date>> {
  if (ids.length === 0) return new Map()
  const rows = await executor.db.selectFrom('secret_uses').selectAll().where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, new Date(row.used_at)]))
}

export async function setUsed(tx: Transaction, id: string, now: Date): Promise<void> {
  await tx.db
    .insertInto('secret_uses')
    .values({ id, used_at: now.getTime() })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ used_at: now.getTime() }))
    .execute()
}
