import { createHmac, randomBytes } from 'node:crypto'
import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { Lru } from '../lib/lru.ts'
import { Turns } from '../lib/turns.ts'
import type { Database } from '../metadata/db.ts'
import { orMoved } from '../metadata/move-state.ts'
import { DatabaseUnavailable } from '../metadata/postgres-errors.ts'
import { OciError } from '../oci/errors.ts'
import { type Account, type Accounts, principalOf } from './accounts.ts'
import { findApiKeyBySecret, setUsed } from './api-key-store.ts'
import type { Attempt, FailedSignIns } from './failed-sign-ins.ts'
import type { Identity, IdentityProvider } from './identity-provider.ts'
import { toLimits } from './key-use.ts'
import type { PasswordCheck } from './password-check.ts'
import type { People } from './people.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import { findRobotBySecret } from './robot-store.ts'
import { hashSecret, isSecret, looksLikeSecret } from './secrets.ts'
import type { Vouching } from './vouching.ts'
import type { Workloads } from './workloads.ts'

const MAX_PASSWORD_BYTES = 1024
const MAX_USERNAME = 256
/** With the same credentials from the same address, one sign-in for this long: clients send them with every request. */
const SAME_SIGN_IN_MS = 5 * 60_000
const HOLD_MS = 1000
const MAX_HELD = 2000
/** Writing down each use would be a commit for each pull. */
const NOTE_USE_AFTER_MS = 60 * 60_000

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Where from, and for what. */
export interface SignInContext {
  readonly address: string
  readonly network: string
  /** `request`: credentials that come with every request count as one sign-in for a while. */
  readonly purpose: 'token' | 'request' | 'browser'
}

interface SignInParts {
  readonly database: Database
  readonly providers: readonly IdentityProvider[]
  readonly passwords: PasswordCheck
  readonly failed: FailedSignIns
  readonly accounts: Accounts
  readonly people: People
  readonly workloads: Workloads
  readonly vouching: Vouching
  readonly recorder: Recorder
  readonly clock: Clock
  /** Told of a provider that could not be asked. */
  readonly onOutage: (provider: string, error: unknown) => void
}

interface Proven {
  readonly principal: Principal
  /** How: a provider's name, `key`, `robot`, or the issuer of a workload's token. */
  readonly via: string
}

/** Names and passwords of every kind, checked in one place. Everything that fails looks alike and takes as long. */
export class SignIn {
  readonly #parts: SignInParts
  readonly #recent = new Lru<string, number>(20_000)
  readonly #secret = randomBytes(32)
  #held = 0
  readonly #turns = new Turns<string>()
  readonly #noted = new Lru<string, number>(20_000)

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /** @throws OciError UNAUTHORIZED; TOOMANYREQUESTS after many mistakes; Error when a provider that might know is down */
  async signIn(credentials: Credentials, context: SignInContext): Promise<Principal> {
    const { username, password } = credentials
    // Clients send empty credentials when they have none (containers/image, the conformance suite).
    if (username === '' && password === '') return ANONYMOUS
    // Directories take `Ann ` for `ann`.
    const attempt = { username: username.trim().toLowerCase(), network: context.network }
    const bySecret = await this.#bySecret(credentials)
    // Only a password forgives mistakes with passwords: a key that leaked must not let anybody guess on.
    if (bySecret !== undefined) return this.#succeeded(credentials, context, bySecret)
    const proven = await this.#unhurried(() => this.#guess(credentials, attempt)).catch(async (error: unknown) => {
      const why = error instanceof OciError ? 'too many mistakes' : 'a provider is down'
      // Without the database there is nowhere to note it, and whoever waits for that keeps the answer waiting.
      if (!(error instanceof DatabaseUnavailable)) await this.#refused(credentials, context, why)
      throw error
    })
    if (proven !== undefined) return this.#succeeded(credentials, context, proven)
    await this.#refused(credentials, context)
    throw wrongCredentials()
  }

  async #refused({ username }: Credentials, context: SignInContext, why?: string): Promise<void> {
    await this.#parts.recorder.note({
      actor: { id: 'anonymous', name: this.#nameToNote(username), address: context.address },
      action: 'sign-in',
      target: 'registry',
      outcome: 'refused',
      detail: { for: context.purpose, ...(why === undefined ? {} : { why }) },
    })
  }

  /** One after the other for the same account from the same network: guesses sent at once would all be free. */
  #guess(credentials: Credentials, attempt: Attempt): Promise<Proven | undefined> {
    const { failed } = this.#parts
    return this.#turns.run(JSON.stringify([attempt.username, attempt.network]), async () => {
      failed.check(attempt)
      requireDatabase(this.#parts.database)
      // Whoever signed in from here before is heard although a flood used up all the time there is.
      if (!failed.isTrusted(attempt)) this.#parts.passwords.requireCapacity()
      const proven = await this.#byPassword(credentials).catch((error: unknown) => {
        // Somebody else's outage is no licence to guess.
        if (error instanceof SignInUnavailable) failed.failed(attempt)
        throw error
      })
      if (proven === undefined) failed.failed(attempt)
      else failed.succeeded(attempt)
      return proven
    })
  }

  /**
   * Whoever has to wait is told so a second later: a client that asks again at once, however often it was told, then
   * costs a connection and not a core. Nobody else waits for it, and no more are held than cost little.
   */
  async #unhurried<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const told = error instanceof OciError && error.code === 'TOOMANYREQUESTS'
      if (told && this.#held < MAX_HELD) {
        this.#held++
        await this.#parts.clock.sleep(HOLD_MS)
        this.#held--
      }
      throw error
    }
  }

  /** Random secrets and signed tokens need no slow hash, and nobody can guess them. */
  async #bySecret(credentials: Credentials): Promise<Proven | undefined> {
    const { password } = credentials
    if (isSecret(password, 'key')) return this.#byKey(credentials)
    if (isSecret(password, 'robot')) return this.#byRobotSecret(credentials)
    if (!this.#parts.workloads.looksLikeToken(password)) return undefined
    return this.#byWorkload(credentials)
  }

  async #byKey({ username, password }: Credentials): Promise<Proven | undefined> {
    const { database, clock } = this.#parts
    const key = await findApiKeyBySecret(database.reader, hashSecret(password))
    if (key === undefined || key.expiresAt.getTime() <= clock.now().getTime()) return undefined
    const account = await this.#active(`user:${key.userId}`)
    if (account === undefined || account.name !== username) return undefined
    if ((await this.#parts.vouching.ask(account)) === 'no') return undefined
    await this.#noteUse(key.id)
    return { principal: { ...principalOf(account), key: toLimits(key) }, via: 'key' }
  }

  async #byRobotSecret({ username, password }: Credentials): Promise<Proven | undefined> {
    const robot = await findRobotBySecret(this.#parts.database.reader, hashSecret(password))
    const account = robot && (await this.#active(`robot:${robot.id}`))
    if (robot === undefined || account === undefined || account.name !== username) return undefined
    await this.#noteUse(robot.id)
    return { principal: principalOf(account), via: 'robot' }
  }

  async #byWorkload({ username, password }: Credentials): Promise<Proven | undefined> {
    try {
      const workload = await this.#parts.workloads.signIn(password, username)
      return workload && { principal: principalOf(workload.account), via: workload.issuer }
    } catch (error) {
      this.#parts.onOutage('workload', error)
      throw new SignInUnavailable('an issuer cannot be asked', { cause: error })
    }
  }

  async #byPassword({ username, password }: Credentials): Promise<Proven | undefined> {
    const sound =
      !this.#isSecret(password) &&
      username !== '' &&
      password !== '' &&
      username.length <= MAX_USERNAME &&
      Buffer.byteLength(password) <= MAX_PASSWORD_BYTES
    if (!sound) return this.#pretend('', 'x')
    let outage: unknown
    for (const provider of this.#parts.providers) {
      try {
        const identity = await provider.verify(username, password)
        const principal = identity && (await this.#admit(identity))
        if (principal !== undefined) return { principal, via: provider.name }
      } catch (error) {
        // Without the database nobody can be let in, so nothing can be guessed; it is no mistake of whoever tries.
        if (error instanceof OciError || error instanceof DatabaseUnavailable) throw error
        this.#parts.onOutage(provider.name, error)
        outage = error
      }
    }
    if (outage !== undefined) throw new SignInUnavailable('a provider cannot be asked', { cause: outage })
    return this.#pretend(username, password)
  }

  /** Everything that fails takes as long. */
  async #pretend(username: string, password: string): Promise<undefined> {
    for (const provider of this.#parts.providers) await provider.pretend?.(username, password)
  }

  /** People do put the secret where the name belongs. */
  #nameToNote(username: string): string {
    const secret = looksLikeSecret(username) || this.#parts.workloads.looksLikeToken(username)
    return secret ? '(a secret)' : username.slice(0, MAX_USERNAME)
  }

  /** Such a one was looked up already; what was not good goes to no provider, only takes its time. */
  #isSecret(password: string): boolean {
    return isSecret(password, 'key') || isSecret(password, 'robot') || this.#parts.workloads.looksLikeToken(password)
  }

  /** Undefined when the account is disabled: the right password of such a one is as wrong as any. */
  async #admit(identity: Identity): Promise<Principal | undefined> {
    const account = await this.#active(await this.#parts.people.admit(identity))
    return account && principalOf(account)
  }

  #active(id: string): Promise<Account | undefined> {
    return this.#parts.accounts.findActive(id, this.#parts.clock.now())
  }

  async #succeeded(credentials: Credentials, context: SignInContext, proven: Proven): Promise<Principal> {
    const { principal, via } = proven
    if (context.purpose === 'request' && this.#isRecent(credentials, context)) return principal
    await this.#parts.recorder.note({
      actor: { id: principal.id, name: principal.name, address: context.address },
      action: 'sign-in',
      target: 'registry',
      outcome: 'done',
      detail: { via, for: context.purpose },
    })
    return principal
  }

  #isRecent(credentials: Credentials, { address }: SignInContext): boolean {
    const key = createHmac('sha256', this.#secret)
      .update(JSON.stringify([credentials.username, credentials.password, address]))
      .digest('base64')
    const now = this.#parts.clock.now().getTime()
    const recent = (this.#recent.get(key) ?? 0) > now - SAME_SIGN_IN_MS
    if (!recent) this.#recent.set(key, now)
    return recent
  }

  async #noteUse(id: string): Promise<void> {
    const now = this.#parts.clock.now()
    if ((this.#noted.get(id) ?? 0) > now.getTime() - NOTE_USE_AFTER_MS) return
    this.#noted.set(id, now.getTime())
    await orMoved(this.#parts.database.writeQuietly((tx) => setUsed(tx, id, now)))
  }
}

/** Those who wait for their turn would each wait for a connection, one after the other. @throws DatabaseUnavailable */
function requireDatabase(database: Database): void {
  if (database.away() !== undefined) throw new DatabaseUnavailable('the database cannot be reached', undefined)
}

export function wrongCredentials(): OciError {
  return new OciError('UNAUTHORIZED', { message: 'the user name or password is wrong' })
}

/** Somebody who might be known cannot be asked about. Which provider is down is in the log, not in the answer. */
export class SignInUnavailable extends Error {
  readonly code = 'SIGN_IN_UNAVAILABLE'
}
