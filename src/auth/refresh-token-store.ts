import type { Executor, Transaction } from '../metadata/db.ts'

export interface RefreshToken {
  readonly id: string
  readonly principal: string
  /** The API key that it was issued for; it goes when the key goes. */
  readonly apiKey: string | undefined
  /** What the client called itself. */
  readonly client: string
  readonly createdAt: Date
  readonly usedAt: Date
  readonly expiresAt: Date
}

const COLUMNS = ['id', 'principal', 'api_key', 'client', 'created_at', 'used_at', 'expires_at'] as const

interface RefreshTokenRow {
  id: string
  principal: string
  api_key: string | null
  client: string
  created_at: number
  used_at: number
  expires_at: number
}

function toRefreshToken(row: RefreshTokenRow): RefreshToken {
  return {
    id: row.id,
    principal: row.principal,
    apiKey: row.api_key ?? undefined,
    client: row.client,
    createdAt: new Date(row.created_at),
    usedAt: new Date(row.used_at),
    expiresAt: new Date(row.expires_at),
  }
}

export async function findRefreshToken(executor: Executor, secretHash: string): Promise<RefreshToken | undefined> {
  const row = await executor.db
    .selectFrom('refresh_tokens')
    .select(COLUMNS)
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return row && toRefreshToken(row)
}

export async function hasRefreshToken(executor: Executor, id: string): Promise<boolean> {
  const row = await executor.db.selectFrom('refresh_tokens').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

export async function listRefreshTokens(executor: Executor, principal: string): Promise<RefreshToken[]> {
  const rows = await executor.db
    .selectFrom('refresh_tokens')
    .select(COLUMNS)
    .where('principal', '=', principal)
    .orderBy('created_at')
    .execute()
  return rows.map(toRefreshToken)
}

export async function insertRefreshToken(tx: Transaction, token: RefreshToken, secretHash: string): Promise<void> {
  await tx.db
    .insertInto('refresh_tokens')
    .values({
      id: token.id,
      secret_hash: secretHash,
      principal: token.principal,
      api_key: token.apiKey ?? null,
      client: token.client,
      created_at: token.createdAt.getTime(),
      used_at: token.usedAt.getTime(),
      expires_at: token.expiresAt.getTime(),
    })
    .execute()
}

export async function setRefreshTokenUsed(tx: Transaction, id: string, now: Date, expiresAt: Date): Promise<void> {
  await tx.db
    .updateTable('refresh_tokens')
    .set({ used_at: now.getTime(), expires_at: expiresAt.getTime() })
    .where('id', '=', id)
    .execute()
}

/** Only of that principal. Returns whether there was such a token. */
export async function deleteRefreshToken(tx: Transaction, principal: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('refresh_tokens')
    .where('principal', '=', principal)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export async function deleteRefreshTokensOf(tx: Transaction, principal: string): Promise<void> {
  await tx.db.deleteFrom('refresh_tokens').where('principal', '=', principal).execute()
}

export async function deleteExpiredRefreshTokens(tx: Transaction, now: Date): Promise<void> {
  await tx.db.deleteFrom('refresh_tokens').where('expires_at', '<=', now.getTime()).execute()
}
