import type { Log } from '../observability/log.ts'

const FAIL_FAST_MS = 5000

export interface OutageOptions {
  /** What may be down, as a sentence begins. */
  readonly what: string
  readonly log: Log
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** Remembers that a server is down, so that only one request in five seconds waits for it and the others fail at once. */
export class Outage {
  readonly #options: OutageOptions
  readonly #now: () => number
  #reason: unknown
  #retryAt: number | undefined

  constructor(options: OutageOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /**
   * `isAnswer` says of what the work threw whether the server answered nevertheless.
   * @throws whatever the work throws, or Error at once while the server is down
   */
  async watch<T>(work: () => Promise<T>, isAnswer: (error: unknown) => boolean): Promise<T> {
    this.#failFast()
    try {
      const result = await work()
      this.#up()
      return result
    } catch (error) {
      if (isAnswer(error)) this.#up()
      else this.#down(error)
      throw error
    }
  }

  #failFast(): void {
    if (this.#retryAt === undefined) return
    if (this.#now() < this.#retryAt)
      throw new Error(`${this.#options.what} could not be reached a moment ago`, { cause: this.#reason })
    // This one tries; those that come meanwhile do not wait with it.
    this.#retryAt = this.#now() + FAIL_FAST_MS
  }

  #down(error: unknown): void {
    if (this.#retryAt === undefined) this.#options.log.error(`${this.#options.what} cannot be reached`, { error })
    this.#reason = error
    this.#retryAt = this.#now() + FAIL_FAST_MS
  }

  #up(): void {
    if (this.#retryAt === undefined) return
    this.#retryAt = undefined
    this.#options.log.info(`${this.#options.what} is reachable again`)
  }
}
