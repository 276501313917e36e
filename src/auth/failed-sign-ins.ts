import type { Clock } from '../lib/clock.ts'
import { Lru } from '../lib/lru.ts'
import { OciError } from '../oci/errors.ts'

/** Mistakes that cost nothing. */
const FREE_BY_ACCOUNT = 5
const FREE_BY_NETWORK = 100
const MAX_PAUSE_MS = 5 * 60_000
/** After this long without a mistake everything is forgiven. Longer than any pause. */
const FORGIVE_MS = 20 * 60_000
const REMEMBERED = 50_000

interface Failures {
  count: number
  readonly lastAt: number
  readonly blockedUntil: number
}

/** Where somebody tries to sign in, and as whom. */
export interface Attempt {
  readonly username: string
  /** An address, or an IPv6 network: what one person can easily have many of counts as one. */
  readonly network: string
}

/**
 * Slows guessing down: after a few mistakes, each further one makes the same account wait twice as long when it is
 * asked for from the same network; so does a network that tries many accounts. Nobody else has to wait, so it cannot
 * be used to lock somebody out. Names that do not exist are counted like others.
 */
export class FailedSignIns {
  readonly #clock: Clock
  readonly #failures = new Lru<string, Failures>(REMEMBERED)
  readonly #trusted = new Lru<string, true>(REMEMBERED)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws OciError TOOMANYREQUESTS with Retry-After while it has to wait */
  check(attempt: Attempt): void {
    const now = this.#clock.now().getTime()
    const [account, network] = keysOf(attempt)
    // Neighbours behind the same address who signed in before do not wait for somebody else's mistakes.
    const counted = this.isTrusted(attempt) ? [account] : [account, network]
    const until = Math.max(...counted.map((key) => this.#current(key, now)?.blockedUntil ?? 0))
    if (until > now) throw mustWait(until - now)
  }

  failed(attempt: Attempt): void {
    const now = this.#clock.now().getTime()
    const [account, network] = keysOf(attempt)
    this.#count(account, FREE_BY_ACCOUNT, now)
    this.#count(network, FREE_BY_NETWORK, now)
  }

  succeeded(attempt: Attempt): void {
    const [account] = keysOf(attempt)
    this.#failures.delete(account)
    this.#trusted.set(account, true)
  }

  /** Whether this account signed in from this network before: then a flood from elsewhere does not hold it up. */
  isTrusted(attempt: Attempt): boolean {
    return this.#trusted.get(keysOf(attempt)[0]) === true
  }

  #count(key: string, free: number, now: number): void {
    const count = (this.#current(key, now)?.count ?? 0) + 1
    const pauseMs = count <= free ? 0 : Math.min(1000 * 2 ** (count - free - 1), MAX_PAUSE_MS)
    this.#failures.set(key, { count, lastAt: now, blockedUntil: now + pauseMs })
  }

  #current(key: string, now: number): Failures | undefined {
    const failures = this.#failures.get(key)
    return failures !== undefined && now - failures.lastAt < FORGIVE_MS ? failures : undefined
  }
}

function keysOf({ username, network }: Attempt): readonly [account: string, network: string] {
  return [JSON.stringify([username.slice(0, 256), network]), network]
}

function mustWait(ms: number): OciError {
  return new OciError('TOOMANYREQUESTS', {
    message: 'too many failed sign-ins; wait as long as Retry-After says, then try again',
    headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
  })
}
