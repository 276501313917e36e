import type { Executor, Transaction } from '../metadata/db.ts'

/** A browser that is signed in. */
export interface WebSession {
  readonly userId: string
  /** What its changes must carry besides the cookie. */
  readonly csrf: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export async function findWebSession(executor: Executor, secretHash: string): Promise<WebSession | undefined> {
  const row = await executor.db
    .selectFrom('web_sessions')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return (
    row && {
      userId: row.user_id,
      csrf: row.csrf,
      createdAt: new Date(row.created_at),
      expiresAt: new Date(row.expires_at),
    }
  )
}

export async function insertWebSession(tx: Transaction, session: WebSession, secretHash: string): Promise<void> {
  await tx.db
    .insertInto('web_sessions')
    .values({
      secret_hash: secretHash,
      user_id: session.userId,
      csrf: session.csrf,
      created_at: session.createdAt.getTime(),
      expires_at: session.expiresAt.getTime(),
    })
    .execute()
}

export async function deleteWebSession(tx: Transaction, secretHash: string): Promise<void> {
  await tx.db.deleteFrom('web_sessions').where('secret_hash', '=', secretHash).execute()
}

export async function deleteWebSessionsOf(tx: Transaction, userId: string): Promise<void> {
  await tx.db.deleteFrom('web_sessions').where('user_id', '=', userId).execute()
}

export async function deleteExpiredWebSessions(tx: Transaction, now: Date): Promise<void> {
  await tx.db.deleteFrom('web_sessions').where('expires_at', '<=', now.getTime()).execute()
}
