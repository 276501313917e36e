import type { Metric, Registry } from 'prom-client'

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

interface Series {
  readonly handler: string
  readonly method: string
  readonly code: string
  count: number
  seconds: number
  /** Requests in each bucket alone; they are added up when somebody looks. */
  readonly buckets: number[]
}

/**
 * Counts requests and how long they took. The library's own counters check their labels at each increment, which took
 * a fifth of a small request's time; here a request adds to plain numbers, and the labels are made when somebody looks.
 */
export class RequestTally {
  readonly #series = new Map<string, Series>()

  add(handler: string, method: string, outcome: { readonly status: number; readonly seconds: number }): void {
    const key = `${handler} ${method} ${outcome.status}`
    let series = this.#series.get(key)
    if (series === undefined) {
      const buckets = new Array<number>(BUCKETS.length).fill(0)
      series = { handler, method, code: String(outcome.status), count: 0, seconds: 0, buckets }
      this.#series.set(key, series)
    }
    series.count++
    series.seconds += outcome.seconds
    const bucket = BUCKETS.findIndex((limit) => outcome.seconds <= limit)
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
  }

  register(registry: Registry): void {
    registry.registerMetric(
      asMetric('registry_http_requests_total', 'counter', 'Requests answered', () => [...this.#counts()]),
    )
    registry.registerMetric(
      asMetric(
        'registry_http_request_duration_seconds',
        'histogram',
        'Time from a request to the head of its answer',
        () => [...this.#durations()],
      ),
    )
  }

  *#counts(): Generator<Value> {
    for (const { handler, method, code, count } of this.#series.values())
      yield { labels: { handler, method, code }, value: count }
  }

  *#durations(): Generator<Value> {
    const name = 'registry_http_request_duration_seconds'
    for (const { handler, method, code, count, seconds, buckets } of this.#series.values()) {
      const labels = { handler, method, code }
      let below = 0
      for (const [index, limit] of BUCKETS.entries()) {
        below += buckets[index] ?? 0
        yield { metricName: `${name}_bucket`, labels: { le: limit, ...labels }, value: below }
      }
      yield { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count }
      yield { metricName: `${name}_sum`, labels, value: seconds }
      yield { metricName: `${name}_count`, labels, value: count }
    }
  }
}

interface Value {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What the library asks of a metric of its own, which its types do not offer as an interface. */
function asMetric(name: string, type: 'counter' | 'histogram', help: string, values: () => Value[]): Metric {
  const get = async () => ({ name, help, type, values: values(), aggregator: 'sum' as const })
  return { name, get, reset: () => undefined } as unknown as Metric
}
