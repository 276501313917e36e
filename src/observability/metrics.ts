import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Prometheus metrics, by distribution's names where it has them. Labels come from fixed sets only. */
export interface Metrics {
  readonly registry: Registry
  /** One answered request. `bodyBytes` is what its body will hold, where that is known. */
  request(handler: string, method: string, outcome: { readonly status: number; readonly seconds: number }): void
  readonly inFlight: { inc(): void; dec(): void }
  readonly uploadsPurged: { inc(count: number): void }
  readonly jobFailures: { inc(labels: { job: string }): void }
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'registry_http_requests_total',
    help: 'Requests answered',
    labelNames: ['handler', 'method', 'code'],
    registers,
  })
  const durations = new Histogram({
    name: 'registry_http_request_duration_seconds',
    help: 'Time from the request to the head of its answer',
    labelNames: ['handler', 'method'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  })
  const inFlight = new Gauge({ name: 'registry_http_in_flight_requests', help: 'Requests being handled', registers })
  const uploadsPurged = new Counter({
    name: 'registry_storage_uploads_purged_total',
    help: 'Unfinished uploads removed because nobody went on with them',
    registers,
  })
  const jobFailures = new Counter({
    name: 'registry_job_failures_total',
    help: 'Runs of a background job that failed',
    labelNames: ['job'],
    registers,
  })
  // Looking a labelled child up costs more than the rest of a small request, so they are kept.
  const children = new Map<string, { count: { inc(): void }; duration: { observe(seconds: number): void } }>()

  return {
    registry,
    inFlight,
    uploadsPurged,
    jobFailures,
    request: (handler, method, { status, seconds }) => {
      const key = `${handler} ${method} ${status}`
      let child = children.get(key)
      if (child === undefined) {
        child = {
          count: requests.labels(handler, method, String(status)),
          duration: durations.labels(handler, method),
        }
        children.set(key, child)
      }
      child.count.inc()
      child.duration.observe(seconds)
    },
  }
}
