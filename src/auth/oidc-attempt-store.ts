import type { Transaction } from '../metadata/db.ts'

/** A sign-in that went to a provider and has not come back. */
export interface OidcAttempt {
  /** SHA-256 of the state that the provider gives back. */
  readonly stateHash: string
  /** SHA-256 of the secret in the cookie of the browser that began it. */
  readonly browserHash: string
  readonly provider: string
  readonly nonce: string
  readonly verifier: string
  /** Where the browser goes afterwards. */
  readonly next: string
}

export interface AttemptQuery {
  readonly stateHash: string
  readonly browserHash: string
  readonly now: Date
}

/** Long enough to look for a phone with the second factor. */
export const ATTEMPT_LIFETIME_MS = 10 * 60 * 1000

/** Anybody may begin a sign-in, so there are never more: the oldest make room, which whoever is busy signing in survives. */
const MAX_ATTEMPTS = 10_000
const ROOM = 1000

async function makeRoom(tx: Transaction): Promise<void> {
  const { attempts } = await tx.db
    .selectFrom('oidc_attempts')
    .select(({ fn }) => fn.countAll<number>().as('attempts'))
    .executeTakeFirstOrThrow()
  if (attempts < MAX_ATTEMPTS) return
  await tx.db
    .deleteFrom('oidc_attempts')
    .where('state_hash', 'in', ({ selectFrom }) =>
      selectFrom('oidc_attempts').select('state_hash').orderBy('expires_at').limit(ROOM),
    )
    .execute()
}

export async function saveAttempt(tx: Transaction, attempt: OidcAttempt, now: Date): Promise<void> {
  await makeRoom(tx)
  await tx.db
    .insertInto('oidc_attempts')
    .values({
      state_hash: attempt.stateHash,
      browser_hash: attempt.browserHash,
      provider: attempt.provider,
      nonce: attempt.nonce,
      verifier: attempt.verifier,
      next: attempt.next,
      expires_at: now.getTime() + ATTEMPT_LIFETIME_MS,
    })
    .execute()
}

/**
 * Once: the row is gone when this returns it. Another browser gets nothing and spoils nothing, so that somebody who saw
 * the address cannot stop the one who began.
 */
export async function takeAttempt(tx: Transaction, query: AttemptQuery): Promise<OidcAttempt | undefined> {
  const row = await tx.db
    .deleteFrom('oidc_attempts')
    .where('state_hash', '=', query.stateHash)
    .where('browser_hash', '=', query.browserHash)
    .where('expires_at', '>', query.now.getTime())
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { provider, nonce, verifier, next } = row
  return { stateHash: row.state_hash, browserHash: row.browser_hash, provider, nonce, verifier, next }
}

/** Those that nobody came back from. */
export async function removeExpiredAttempts(tx: Transaction, now: Date): Promise<void> {
  await tx.db.deleteFrom('oidc_attempts').where('expires_at', '<=', now.getTime()).execute()
}
