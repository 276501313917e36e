import { Lru } from './lru.ts'

interface Bucket {
  tokens: number
  at: number
}

/** For each key so many per second, and a burst at once. What was not asked for long is forgotten: it is full again. */
export class TokenBuckets {
  readonly #buckets: Lru<string, Bucket>
  readonly #perMs: number
  readonly #burst: number

  constructor(perSecond: number, burst: number, capacity = 100_000) {
    this.#perMs = perSecond / 1000
    this.#burst = Math.max(1, burst)
    this.#buckets = new Lru(capacity)
  }

  /** Milliseconds to wait until there is one; 0: taken. */
  take(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      this.#buckets.set(key, { tokens: this.#burst - 1, at: nowMs })
      return 0
    }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, nowMs - bucket.at) * this.#perMs)
    bucket.at = nowMs
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perMs)
    bucket.tokens--
    return 0
  }
}
