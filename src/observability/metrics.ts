import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { RequestTally } from './request-tally.ts'

/** Prometheus metrics, by distribution's names where it has them. Labels come from fixed sets only. */
export interface Metrics {
  readonly registry: Registry
  /** One answered request. */
  request(handler: string, method: string, outcome: { readonly status: number; readonly seconds: number }): void
  /** Requests being handled: add one, and take it off again. */
  inFlight(change: 1 | -1): void
  readonly uploadsPurged: { inc(count: number): void }
  readonly jobFailures: { inc(labels: { job: string }): void }
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const tally = new RequestTally()
  tally.register(registry)
  let inFlight = 0
  new Gauge({
    name: 'registry_http_in_flight_requests',
    help: 'Requests being handled',
    registers,
    collect() {
      this.set(inFlight)
    },
  })
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
  return {
    registry,
    inFlight: (change) => {
      inFlight += change
    },
    uploadsPurged,
    jobFailures,
    request: (handler, method, outcome) => tally.add(handler, method, outcome),
  }
}
