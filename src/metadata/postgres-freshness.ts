import { coalesce } from '../lib/coalesce.ts'
import { DatabaseUnavailable, isOutage } from './postgres-errors.ts'

/** What one look at the database tells. */
export interface Look {
  /** The same text exactly as long as no transaction anywhere has begun to write or ended. */
  readonly snapshot: string
  readonly accessVersion: number
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number
}

interface FreshnessOptions {
  /** @throws Error that `isOutage` knows, in bounded time, when the database cannot be reached */
  readonly look: () => Promise<Look>
  /** How long what is remembered may be answered with while the database is away. */
  readonly graceMs: number
  readonly onClockOffset: (ms: number) => void
  /** Connections that may be dead are to be made anew. */
  readonly onAway: () => void
}

/** While it is away the database is asked this often, when somebody comes; nobody waits for that. */
const ASK_AGAIN_MS = 500
/** Clocks that differ by less are the same, and a slow answer tells nothing better. */
const CLOCK_STEP_MS = 20

/** Whether what is remembered is what the database holds: looked at once for all requests that arrive meanwhile. */
export class Freshness {
  readonly refresh: () => Promise<void>
  readonly #options: FreshnessOptions
  readonly #look: () => Promise<void>
  #snapshot = ''
  #version = 0
  #accessVersion = -1
  #offsetMs = 0
  #heardAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #failedAt = Number.NEGATIVE_INFINITY
  #isAway = false

  constructor(options: FreshnessOptions) {
    this.#options = options
    this.#look = coalesce(() => this.#ask())
    this.refresh = () => (this.#isAway ? this.#endureAndAsk() : this.#look())
  }

  get version(): number {
    return this.#version
  }

  get accessVersion(): number {
    return this.#accessVersion
  }

  /** This process has committed something. */
  changed(): void {
    this.#version++
  }

  away(): Date | undefined {
    return this.#isAway ? new Date(Date.now() - (performance.now() - this.#heardAt)) : undefined
  }

  async #ask(): Promise<void> {
    const askedAt = performance.now()
    // Those who came during a look that failed have waited for long enough.
    if (askedAt - this.#failedAt < ASK_AGAIN_MS) return this.#endure()
    this.#askedAt = askedAt
    try {
      this.#learn(await this.#lookTwice(), askedAt)
    } catch (error) {
      if (!isOutage(error)) throw error
      if (!this.#isAway) this.#options.onAway()
      this.#isAway = true
      this.#failedAt = performance.now()
      await this.#endure(error)
    }
  }

  /** One answer that does not come, from a server that is only busy, is no outage yet. */
  async #lookTwice(): Promise<Look> {
    if (this.#isAway) return this.#options.look()
    return this.#options.look().catch((error: unknown) => {
      if (isOutage(error)) return this.#options.look()
      throw error
    })
  }

  #learn({ snapshot, accessVersion, now }: Look, askedAt: number): void {
    if (snapshot !== this.#snapshot) this.#version++
    this.#snapshot = snapshot
    this.#accessVersion = accessVersion
    this.#heardAt = askedAt
    this.#isAway = false
    const tookMs = performance.now() - askedAt
    const offsetMs = now - (Date.now() - tookMs / 2)
    if (tookMs > CLOCK_STEP_MS || Math.abs(offsetMs - this.#offsetMs) < CLOCK_STEP_MS) return
    this.#offsetMs = offsetMs
    this.#options.onClockOffset(Math.round(offsetMs))
  }

  /** To wait for a connection that cannot be made would keep those from their answer who can have one. */
  #endureAndAsk(): Promise<void> {
    // What it says is said by the next look too.
    if (performance.now() - this.#askedAt >= ASK_AGAIN_MS) void this.#look().catch(() => undefined)
    return this.#endure()
  }

  async #endure(cause?: unknown): Promise<void> {
    if (performance.now() - this.#heardAt <= this.#options.graceMs) return
    throw new DatabaseUnavailable('the database cannot be reached', cause)
  }
}
