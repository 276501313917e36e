import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client'
import { COUNTERS, type Counted, type CounterName, GAUGES, type GaugeName } from './counters.ts'
import type { JobTally } from './job-tally.ts'
import { DURATION_BUCKETS, type RequestTally } from './request-tally.ts'
import { WATCHED, type Watch } from './watched.ts'

/** The metrics as the library knows them; they take their values from `metrics` at each scrape. */
export function prometheusRegistry(metrics: Counted): Registry {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const { requests } = metrics
  new Gauge({
    name: 'registry_http_in_flight_requests',
    help: 'Requests being handled',
    registers,
    collect() {
      this.set(requests.inFlight)
    },
  })
  for (const name of Object.keys(COUNTERS) as CounterName[]) {
    new Counter({
      name,
      help: COUNTERS[name],
      registers,
      collect() {
        this.reset()
        this.inc(metrics.count(name))
      },
    })
  }
  for (const name of Object.keys(GAUGES) as GaugeName[]) {
    new Gauge({
      name,
      help: GAUGES[name],
      registers,
      collect() {
        const value = metrics.level(name)
        if (value === undefined) this.remove()
        else this.set(value)
      },
    })
  }
  const { storageRequests } = metrics
  new Counter({
    name: 'berth_storage_requests_total',
    help: 'Requests sent to the object store, retries included; none where blobs are files',
    labelNames: ['operation'],
    registers,
    collect() {
      this.reset()
      for (const [operation, count] of storageRequests) this.inc({ operation }, count)
    },
  })
  const { replicated } = metrics
  new Counter({
    name: 'berth_replication_images_total',
    help: 'Images that rules of replication dealt with',
    labelNames: ['direction', 'result'],
    registers,
    collect() {
      this.reset()
      for (const [key, count] of replicated) {
        const [direction = '', result = ''] = key.split(' ')
        this.inc({ direction, result }, count)
      }
    },
  })
  registry.registerMetric(requestCounts(requests))
  registry.registerMetric(requestDurations(requests))
  for (const metric of jobMetrics(metrics.jobs)) registry.registerMetric(metric)
  for (const metric of watchedMetrics(metrics.watches)) registry.registerMetric(metric)
  return registry
}

interface Value {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

function requestCounts(requests: RequestTally): Metric {
  function* values(): Generator<Value> {
    for (const { handler, method, code, count } of requests.series)
      yield { labels: { handler, method, code }, value: count }
  }
  return asMetric({ name: 'registry_http_requests_total', type: 'counter', help: 'Requests answered' }, values)
}

function requestDurations(requests: RequestTally): Metric {
  const name = 'registry_http_request_duration_seconds'
  function* values(): Generator<Value> {
    for (const { handler, method, code, count, seconds, buckets } of requests.series) {
      const labels = { handler, method, code }
      let below = 0
      for (const [index, limit] of DURATION_BUCKETS.entries()) {
        below += buckets[index] ?? 0
        yield { metricName: `${name}_bucket`, labels: { le: limit, ...labels }, value: below }
      }
      yield { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count }
      yield { metricName: `${name}_sum`, labels, value: seconds }
      yield { metricName: `${name}_count`, labels, value: count }
    }
  }
  return asMetric({ name, type: 'histogram', help: 'Time from a request to the head of its answer' }, values)
}

function jobMetrics(jobs: JobTally): Metric[] {
  const parts = [
    ['berth_job_runs_total', 'Runs of background jobs', 'runs'],
    ['berth_job_run_failures_total', 'Runs of background jobs that failed, by job', 'failures'],
    ['berth_job_seconds_total', 'Time that runs of background jobs took', 'seconds'],
  ] as const
  return parts.map(([name, help, part]) =>
    asMetric({ name, type: 'counter', help }, function* () {
      for (const [job, series] of jobs.series) yield { labels: { task: job }, value: series[part] }
    }),
  )
}

function watchedMetrics(watches: readonly Watch[]): Metric[] {
  return Object.entries(WATCHED).map(([name, metric]) => {
    const label: string | undefined = 'label' in metric ? metric.label : undefined
    return asMetric({ name, type: metric.type, help: metric.help }, function* () {
      for (const watch of watches)
        if (watch.name === name)
          yield { labels: label === undefined ? {} : { [label]: watch.value ?? '' }, value: watch.read() }
    })
  })
}

/** What the library asks of a metric that is not its own, which its types do not offer as an interface. */
function asMetric(
  about: { readonly name: string; readonly type: 'counter' | 'gauge' | 'histogram'; readonly help: string },
  values: () => Generator<Value>,
): Metric {
  const get = async () => ({ ...about, values: [...values()], aggregator: 'sum' as const })
  return { name: about.name, get, reset: () => undefined } as unknown as Metric
}
