import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import type { Database } from '../metadata/db.ts'
import { type Account, type Accounts, principalOf } from './accounts.ts'
import { cookieName, formatCookie, readCookie } from './cookies.ts'
import type { Principal } from './principal.ts'
import { hashSecret, isSecret, newSecret } from './secrets.ts'
import type { Vouching } from './vouching.ts'
import { deleteExpiredWebSessions, deleteWebSession, findWebSession, insertWebSession } from './web-session-store.ts'

/** However busy: a browser signs in once a day. */
export const SESSION_LIFETIME_MS = 12 * 60 * 60_000
const BASE = 'berth'

interface SessionParts {
  readonly database: Database
  readonly accounts: Accounts
  readonly vouching: Vouching
  readonly clock: Clock
}

/** What a browser sent, and the origin at which it reached us. */
export interface BrowserCookies {
  /** The Cookie header. */
  readonly header: string | null
  readonly origin: string
}

/** A browser that is signed in, now. */
export interface SignedIn {
  readonly principal: Principal
  readonly account: Account
  /** What its changes must carry besides the cookie. */
  readonly csrf: string
}

/**
 * Browsers that are signed in. The cookie is a random secret, new at each sign-in, of which only the hash is kept; it
 * ends with its owner's account, with everything that voids tokens, and after half a day. Only pages look at cookies:
 * neither /v2/ nor /token does, so that no page of anybody's can push or pull in a browser's name.
 */
export class WebSessions {
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /**
   * A new session for this user in place of the one that the browser had. Undefined when the browser cannot be given a
   * cookie safely.
   */
  async begin(userId: string, browser: BrowserCookies): Promise<{ setCookie: string; csrf: string } | undefined> {
    const name = cookieName(BASE, browser.origin)
    if (name === undefined) return undefined
    const { database, clock } = this.#parts
    const createdAt = clock.now()
    const [secret, csrf, old] = [newSecret('session'), randomId(), secretOf(browser)]
    const session = { userId, csrf, createdAt, expiresAt: new Date(createdAt.getTime() + SESSION_LIFETIME_MS) }
    await database.writeQuietly(async (tx) => {
      if (old !== undefined) await deleteWebSession(tx, hashSecret(old))
      await insertWebSession(tx, session, hashSecret(secret))
    })
    return { setCookie: formatCookie(name, secret, SESSION_LIFETIME_MS / 1000), csrf }
  }

  /** Whoever is signed in with this browser; undefined for nobody. */
  async find(browser: BrowserCookies): Promise<SignedIn | undefined> {
    const { database, accounts, clock } = this.#parts
    const secret = secretOf(browser)
    const session = secret === undefined ? undefined : await findWebSession(database.reader, hashSecret(secret))
    const now = clock.now()
    if (session === undefined || session.expiresAt.getTime() <= now.getTime()) return undefined
    const account = await accounts.findActive(`user:${session.userId}`, now)
    if (account === undefined || session.createdAt.getTime() < account.revokedBefore) return undefined
    if ((await this.#parts.vouching.ask(account)) === 'no') return undefined
    return { principal: principalOf(account), account, csrf: session.csrf }
  }

  /** Signs the browser out; the answer makes it forget the cookie. */
  async end(browser: BrowserCookies): Promise<{ setCookie: string } | undefined> {
    const secret = secretOf(browser)
    if (secret !== undefined) await this.#parts.database.write((tx) => deleteWebSession(tx, hashSecret(secret)))
    const name = cookieName(BASE, browser.origin)
    return name === undefined ? undefined : { setCookie: formatCookie(name, '', 0) }
  }

  async removeExpired(): Promise<void> {
    await this.#parts.database.writeRelaxed((tx) => deleteExpiredWebSessions(tx, this.#parts.clock.now()))
  }
}

function secretOf({ header, origin }: BrowserCookies): string | undefined {
  const value = readCookie(header, cookieName(BASE, origin))
  return value !== undefined && isSecret(value, 'session') ? value : undefined
}
