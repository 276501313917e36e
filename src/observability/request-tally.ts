/** Upper ends of the buckets of a request's duration, in seconds. */
export const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

/** Clients may make up others, and must not make up series. */
const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

/** `other` for what is no method of HTTP's. */
export function methodWord(given: string): string {
  return METHODS.has(given) ? given : 'other'
}

export interface RequestSeries {
  readonly handler: string
  readonly method: string
  readonly code: string
  count: number
  seconds: number
  /** Requests in each bucket alone; they are added up when somebody looks. */
  readonly buckets: number[]
}

/**
 * Counts requests and how long they took. A metrics library checks its labels at each increment, which took a fifth of
 * a small request's time; here a request adds to plain numbers.
 */
export class RequestTally {
  readonly #series = new Map<string, RequestSeries>()
  #inFlight = 0
  /** Of the bodies of answers, as far as their length was known. */
  sentBytes = 0
  /** Of the bodies of requests, as far as they were read. */
  receivedBytes = 0

  get inFlight(): number {
    return this.#inFlight
  }

  get series(): Iterable<RequestSeries> {
    return this.#series.values()
  }

  begin(): void {
    this.#inFlight++
  }

  end(handler: string, given: string, outcome: { readonly status: number; readonly seconds: number }): void {
    this.#inFlight--
    const method = methodWord(given)
    const key = `${handler} ${method} ${outcome.status}`
    let series = this.#series.get(key)
    if (series === undefined) {
      const buckets = new Array<number>(DURATION_BUCKETS.length).fill(0)
      series = { handler, method, code: String(outcome.status), count: 0, seconds: 0, buckets }
      this.#series.set(key, series)
    }
    series.count++
    series.seconds += outcome.seconds
    const bucket = DURATION_BUCKETS.findIndex((limit) => outcome.seconds <= limit)
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
  }
}
