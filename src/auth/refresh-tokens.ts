import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import type { Database } from '../metadata/db.ts'
import { OciError } from '../oci/errors.ts'
import { type Account, type Accounts, isActive, principalOf } from './accounts.ts'
import type { KeyUse } from './key-use.ts'
import type { Principal } from './principal.ts'
import {
  deleteExpiredRefreshTokens,
  findRefreshToken,
  insertRefreshToken,
  type RefreshToken,
  setRefreshTokenUsed,
} from './refresh-token-store.ts'
import { hashSecret, isSecret, newSecret } from './secrets.ts'
import type { Vouching } from './vouching.ts'

/** What `berth login` calls itself. Docker's tokens are for /v2/ only; this one's terminal may do what its user may. */
export const OWN_TERMINAL = 'berth login'

interface RefreshParts {
  readonly database: Database
  readonly accounts: Accounts
  readonly apiKeys: KeyUse
  readonly vouching: Vouching
  readonly clock: Clock
  /** Unused for this long, a terminal must sign in again. */
  readonly idleMs: number
  /** So must after this long, at the latest, people whom no provider of ours can be asked about again. */
  readonly externalMs: number
}

/** Writing down each use would be a commit for each pull. */
const NOTE_USE_AFTER_MS = 60 * 60_000

/**
 * What a terminal keeps instead of a password ("identity token" in docker's words). It is not exchanged for another at
 * its use, because clients keep the first; it ends when it is revoked, when its owner is disabled or gets another
 * password, and when nobody uses it.
 */
export class RefreshTokens {
  readonly #parts: RefreshParts

  constructor(parts: RefreshParts) {
    this.#parts = parts
  }

  /** The secret, and the id that tokens made with it name. */
  async issue(principal: Principal, client: string): Promise<{ secret: string; id: string }> {
    const secret = newSecret('refresh')
    const now = this.#parts.clock.now()
    const token: RefreshToken = {
      id: randomId(),
      principal: principal.id,
      apiKey: principal.key?.id,
      client: client.replaceAll(/\p{Cc}/gu, '').slice(0, 100),
      createdAt: now,
      usedAt: now,
      expiresAt: new Date(now.getTime() + this.#parts.idleMs),
    }
    await this.#parts.database.write((tx) => insertRefreshToken(tx, token, hashSecret(secret)))
    return { secret, id: token.id }
  }

  /** `only`: of no other client. @throws OciError UNAUTHORIZED for whatever is not, or no longer, good */
  async redeem(secret: string, only?: string): Promise<Principal> {
    const { database, accounts, clock } = this.#parts
    const now = clock.now()
    const token = isSecret(secret, 'refresh') ? await findRefreshToken(database.reader, hashSecret(secret)) : undefined
    const account = token && (await accounts.findActive(token.principal, now))
    if (token === undefined || account === undefined || !isLive(token, account, now)) throw notGood()
    if (only !== undefined && token.client !== only) throw notGood()
    if (!(await this.#isStillVouchedFor(token, account, now))) throw notGood()
    await this.#noteUse(token, now)
    const principal = { ...principalOf(account), terminal: token.id }
    if (token.apiKey === undefined) return principal
    const key = await this.#parts.apiKeys.limitsOf(token.apiKey, now)
    if (key === undefined) throw notGood()
    return { ...principal, key }
  }

  async removeExpired(): Promise<void> {
    await this.#parts.database.writeRelaxed((tx) => deleteExpiredRefreshTokens(tx, this.#parts.clock.now()))
  }

  /** Whoever cannot be asked about again is trusted for a limited time. */
  async #isStillVouchedFor(token: RefreshToken, account: Account, now: Date): Promise<boolean> {
    const vouched = await this.#parts.vouching.ask(account)
    if (vouched !== 'unaskable') return vouched === 'yes'
    return now.getTime() - token.createdAt.getTime() < this.#parts.externalMs
  }

  async #noteUse({ id, usedAt }: RefreshToken, now: Date): Promise<void> {
    if (now.getTime() - usedAt.getTime() < NOTE_USE_AFTER_MS) return
    const expiresAt = new Date(now.getTime() + this.#parts.idleMs)
    await this.#parts.database.writeQuietly((tx) => setRefreshTokenUsed(tx, id, now, expiresAt))
  }
}

function isLive(token: RefreshToken, account: Account, now: Date): boolean {
  return (
    isActive(account, now) &&
    token.expiresAt.getTime() > now.getTime() &&
    token.createdAt.getTime() >= account.revokedBefore
  )
}

function notGood(): OciError {
  return new OciError('UNAUTHORIZED', { message: 'the refresh token is not good any more; sign in again' })
}
