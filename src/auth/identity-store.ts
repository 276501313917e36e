import type { Executor, Transaction } from '../metadata/db.ts'

/** A person as a provider knows it. */
export interface IdentityKey {
  readonly provider: string
  readonly subject: string
}

/** The user whom a provider's person is. */
export async function findIdentityUser(
  executor: Executor,
  { provider, subject }: IdentityKey,
): Promise<string | undefined> {
  const row = await executor.db
    .selectFrom('identities')
    .select('user_id')
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.user_id
}

export async function listIdentities(executor: Executor, userId: string): Promise<IdentityKey[]> {
  return executor.db.selectFrom('identities').select(['provider', 'subject']).where('user_id', '=', userId).execute()
}

export async function addIdentity(
  tx: Transaction,
  { provider, subject }: IdentityKey,
  userId: string,
  now: Date,
): Promise<void> {
  await tx.db
    .insertInto('identities')
    .values({ provider, subject, user_id: userId, created_at: now.getTime() })
    .execute()
}
