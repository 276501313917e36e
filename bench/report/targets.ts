import { MIB } from '../support/data-set.ts'
import { type Measure, type Result, ratio, type Side, summary } from '../support/result.ts'
import { type Spread, spread } from '../support/statistics.ts'
import { number, times } from './format.ts'

/** A promise of ours, held against what this run measured. */
export interface Verdict {
  readonly promise: string
  readonly measured: string
  /**
   * `unsettled`: in the middle it is reached, but not in each pair, or not all rows that it is about were measured.
   * undefined: the run did not measure it.
   */
  readonly reached: boolean | 'unsettled' | undefined
}

interface Target {
  readonly promise: string
  readonly rows: RegExp
  /** How many rows it is about. */
  readonly of?: number
  /** What one row says in the terms of the promise: the middle of its pairs decides, their range whether that is settled. */
  readonly value: (result: Result) => Spread | undefined
  readonly reached: (value: number) => boolean
  readonly show: (value: number) => string
}

const compared = (one: Side, other: Side, measure: Measure) => (result: Result) => ratio(result, one, other, measure)

const ours = (factor: number) => (result: Result) => scaled(summary(result, 'berth'), factor)

function scaled(range: Spread | undefined, factor: number): Spread | undefined {
  return range && { median: range.median * factor, min: range.min * factor, max: range.max * factor }
}

const slowest = (result: Result) => worst(summary(result, 'berth'))

/** In MB. */
const mostMemory = (result: Result) => worst(scaled(summary(result, 'berth', 'peakBytes'), 1e-6))

function worst(range: Spread | undefined): Spread | undefined {
  return range && { median: range.max, min: range.max, max: range.max }
}

/** Our p99 by our p50. */
const spreadOfClients = (result: Result) =>
  spread((result.figures.berth ?? []).map(({ p50 = Number.NaN, p99 = Number.NaN }) => p99 / p50))

const MEGABYTES_PER_MIB = MIB / 1e6

const BY_TAG = 'manifest GET and HEAD by tag, Bearer tokens on'

const TARGETS: readonly Target[] = [
  {
    promise: `${BY_TAG}: at least 25 times docker-registry 2.8.2’s requests per second`,
    rows: /^manifest-(get|head)$/,
    of: 2,
    value: compared('secured', 'peer', 'value'),
    reached: (value) => value >= 25,
    show: times,
  },
  {
    promise: `${BY_TAG}: at least 5 times distribution 3’s`,
    rows: /^manifest-(get|head)$/,
    of: 2,
    value: compared('secured', 'distribution', 'value'),
    reached: (value) => value >= 5,
    show: times,
  },
  {
    promise: `${BY_TAG}: at least 10 times zot’s`,
    rows: /^manifest-(get|head)$/,
    of: 2,
    value: compared('secured', 'zot', 'value'),
    reached: (value) => value >= 10,
    show: times,
  },
  {
    promise: `${BY_TAG}: at least 60 % of nginx’s static-file rate`,
    rows: /^manifest-(get|head)$/,
    of: 2,
    value: compared('secured', 'nginx', 'value'),
    reached: (value) => value >= 0.6,
    show: times,
  },
  {
    promise: 'blob HEAD: at least 10 times docker-registry’s requests per second',
    rows: /^blob-head$/,
    value: compared('berth', 'peer', 'value'),
    reached: (value) => value >= 10,
    show: times,
  },
  {
    promise: 'pulls of 1 MiB and more: CPU per GiB within 15 % of nginx’s with sendfile',
    rows: /^blob-get-\d+ [MG]iB-/,
    of: 12,
    value: compared('berth', 'nginx', 'cpu'),
    reached: (value) => value <= 1.15,
    show: times,
  },
  {
    promise: 'pulls of 1 MiB and more over TLS: no more CPU per GiB than distribution 3’s',
    rows: /^tls-blob-get-/,
    of: 3,
    value: compared('berth', 'distribution', 'cpu'),
    reached: (value) => value <= 1,
    show: times,
  },
  {
    promise: 'pulls of 1 MiB and more over TLS: no more CPU per GiB than zot’s',
    rows: /^tls-blob-get-/,
    of: 3,
    value: compared('berth', 'zot', 'cpu'),
    reached: (value) => value <= 1,
    show: times,
  },
  {
    promise: 'small pushes, durable on both sides: at least 10 times docker-registry 2.8.2’s rate',
    rows: /^push-4 KiB-/,
    of: 4,
    value: compared('berth', 'peer', 'value'),
    reached: (value) => value >= 10,
    show: times,
  },
  {
    promise: 'push of 1 GiB, durable on both sides: at most half of docker-registry 2.8.2’s CPU',
    rows: /^push-1 GiB-/,
    of: 2,
    value: compared('berth', 'peer', 'cpu'),
    reached: (value) => value <= 0.5,
    show: times,
  },
  {
    promise: 'push of 1 GiB, durable on both sides, without and with TLS: less CPU than distribution 3’s',
    rows: /^(?:tls-)?push-1 GiB-/,
    of: 2,
    value: compared('berth', 'distribution', 'cpu'),
    reached: (value) => value < 1,
    show: times,
  },
  {
    promise: 'memory when idle: under 80 MB',
    rows: /^idle-memory$/,
    value: ours(MEGABYTES_PER_MIB),
    reached: (value) => value < 80,
    show: (value) => `${number(value)} MB`,
  },
  {
    promise: 'memory when idle, from source and of the release: under 60 MB',
    rows: /^(?:release-)?idle-memory$/,
    of: 2,
    value: ours(MEGABYTES_PER_MIB),
    reached: (value) => value < 60,
    show: (value) => `${number(value)} MB`,
  },
  {
    promise: 'memory for one slow reader: under 1 MiB',
    rows: /^slow-readers$/,
    value: ours(1),
    reached: (value) => value < 1024,
    show: (value) => `${number(value)} KiB`,
  },
  {
    promise: 'first answer: under 150 ms after start of the release file',
    rows: /^release-start$/,
    value: ours(1),
    reached: (value) => value < 150,
    show: (value) => `${number(value)} ms`,
  },
  {
    promise: 'first answer: under 150 ms after start from source',
    rows: /^start-(?:empty|again)$/,
    value: ours(1),
    reached: (value) => value < 150,
    show: (value) => `${number(value)} ms`,
  },
  {
    promise: 'first answer: under 100 ms, of the release file and from source',
    rows: /^(?:release-start|start-(?:empty|again))$/,
    of: 3,
    value: ours(1),
    reached: (value) => value < 100,
    show: (value) => `${number(value)} ms`,
  },
  {
    promise: 'first answer: under 100 ms with 1 million tags, of the release file and from source',
    rows: /^(?:release-)?start-million$/,
    value: ours(1),
    reached: (value) => value < 100,
    show: (value) => `${number(value)} ms`,
  },
  {
    promise: 'Bearer tokens on: manifest GET keeps more than two thirds of its rate',
    rows: /^manifest-get$/,
    value: compared('secured', 'berth', 'value'),
    reached: (value) => value > 2 / 3,
    show: times,
  },
  {
    promise: 'permission checks: less than 5 % of manifest GET',
    rows: /^permission-checks$/,
    value: compared('secured', 'berth', 'value'),
    reached: (value) => value > 0.95,
    show: times,
  },
  {
    promise: '/token: at least 500 a second for keys and robots',
    rows: /^token-(?:robot|key)$/,
    value: ours(1),
    reached: (value) => value >= 500,
    show: (value) => `${number(value)} /s`,
  },
  {
    promise: 'a flood of wrong passwords: pulls keep at least 80 % of their rate',
    rows: /^password-flood$/,
    value: compared('secured', 'berth', 'value'),
    reached: (value) => value >= 0.8,
    show: times,
  },
  {
    promise: 'collecting garbage: manifest GET’s p99 at most twice that of a collector at rest',
    rows: /^gc-latency-/,
    value: compared('busy', 'berth', 'p99'),
    reached: (value) => value <= 2,
    show: times,
  },
  {
    promise: 'collecting garbage: under 300 MB of memory',
    rows: /^gc-speed-/,
    value: mostMemory,
    reached: (value) => value < 300,
    show: (value) => `${number(value)} MB`,
  },
  {
    promise: 'a repository of 100,000 tags: a tag is deleted, and its own bytes are told, in under 50 ms',
    rows: /^many-tags-(?:delete|bytes)$/,
    value: slowest,
    reached: (value) => value < 50,
    show: (value) => `${number(value)} ms`,
  },
  {
    promise: 'a repository of 100,000 tags: what a retention rule would remove is told in under 2 s',
    rows: /^many-tags-preview$/,
    value: slowest,
    reached: (value) => value < 2000,
    show: (value) => `${number(value)} ms`,
  },
  {
    promise: 'profile R at 80 % of the slower one’s capacity: p99 a third of docker-registry’s',
    rows: /^profile-r-80$/,
    value: compared('secured', 'peer', 'p99'),
    reached: (value) => value <= 1 / 3,
    show: times,
  },
  {
    promise: 'a herd of 128: p99 of the clients within 1.5 times p50',
    rows: /^herd$/,
    value: spreadOfClients,
    reached: (value) => value <= 1.5,
    show: times,
  },
  {
    promise:
      'pages of tags, catalog, manifest GET, PUT and DELETE, referrers: log-log slope within ±0.05 from 1,000 to 1,000,000',
    rows: /^growth-sqlite-/,
    value: (result) => summary(result, 'berth'),
    reached: (value) => Math.abs(value) <= 0.05,
    show: (value) => value.toFixed(3),
  },
  {
    promise: 'pages of 100,000 tags and of 100,000 repositories: at least 100 times as fast as docker-registry’s',
    rows: /^grown-(?:tags|catalog)-/,
    value: compared('peer', 'berth', 'value'),
    reached: (value) => value >= 100,
    show: times,
  },
  {
    promise: 'kill -9 during 32 pushes: nothing acknowledged is lost',
    rows: /^lost$/,
    value: slowest,
    reached: (value) => value === 0,
    show: (value) => `${value} lost`,
  },
  {
    promise:
      'on PostgreSQL and S3, manifest GET by tag: at least 15 times docker-registry’s requests per second on the same S3',
    rows: /^scale-manifest-get$/,
    value: compared('berth', 'peer', 'value'),
    reached: (value) => value >= 15,
    show: times,
  },
  {
    promise: 'on PostgreSQL and S3, push of a 100 MiB image: at most 70 % of docker-registry’s time',
    rows: /^scale-push-docker$/,
    value: compared('berth', 'peer', 'value'),
    reached: (value) => value <= 0.7,
    show: times,
  },
  {
    promise: 'S3 requests of a push and of a pull: at most half of docker-registry’s',
    rows: /^s3-(?:push|pull)-/,
    value: compared('berth', 'peer', 'value'),
    reached: (value) => value <= 0.5,
    show: times,
  },
  {
    promise: 'pages of tags and catalog on PostgreSQL: log-log slope within ±0.05 from 1,000 to 1,000,000',
    rows: /^growth-postgres-/,
    value: (result) => summary(result, 'berth'),
    reached: (value) => Math.abs(value) <= 0.05,
    show: (value) => value.toFixed(3),
  },
  {
    promise: 'two replicas: at least 1.7 times one',
    rows: /^replicas-/,
    value: compared('two', 'berth', 'value'),
    reached: (value) => value >= 1.7,
    show: times,
  },
  {
    promise: '128 clients pull a fresh image through the cache: each blob is fetched once',
    rows: /^cold-fetches-128$/,
    value: slowest,
    reached: (value) => value === 1,
    show: number,
  },
  {
    promise: '… first byte of the layer: under 1.3 times the upstream’s own',
    rows: /^cold-first-byte-128$/,
    value: compared('berth', 'direct', 'value'),
    reached: (value) => value < 1.3,
    show: times,
  },
  {
    promise: '… all of it: within 1.2 times a direct pull by one client',
    rows: /^cold-total-128$/,
    value: compared('berth', 'direct', 'value'),
    reached: (value) => value <= 1.2,
    show: times,
  },
  {
    promise: '… under 300 MB of memory',
    rows: /^cold-total-128$/,
    value: mostMemory,
    reached: (value) => value < 300,
    show: (value) => `${number(value)} MB`,
  },
  {
    promise: 'a warm pull costs no request at the upstream',
    rows: /^warm-requests$/,
    value: slowest,
    reached: (value) => value === 0,
    show: number,
  },
  {
    promise: 'a warm pull equals one of what was pushed: at least 0.9 times its rate',
    rows: /^warm-(?:tag|digest|blob)$/,
    value: compared('cached', 'berth', 'value'),
    reached: (value) => value >= 0.9,
    show: times,
  },
  {
    promise: 'replicating tags that exist already: at most one request each (and one for a page of 1,000 names)',
    rows: /^replicate-/,
    value: slowest,
    reached: (value) => value <= 1.01,
    show: number,
  },
  {
    promise: 'inventory of a 200 MB gzip layer under 4 s',
    rows: /^inventory-/,
    value: ours(1),
    reached: (value) => value < 4000,
    show: (value) => `${number(value / 1000)} s`,
  },
  {
    promise: 'inventory of a 200 MB gzip layer in less than 250 MB',
    rows: /^inventory-/,
    value: mostMemory,
    reached: (value) => value < 250,
    show: (value) => `${number(value)} MB`,
  },
  {
    promise: 'matching 10,000 images against a new data set under 60 s',
    rows: /^rematch-/,
    value: slowest,
    reached: (value) => value < 60_000,
    show: (value) => `${number(value / 1000)} s`,
  },
  {
    promise: 'rules cost a manifest GET less than 3 % of its CPU',
    rows: /^policy$/,
    value: compared('secured', 'berth', 'cpu'),
    reached: (value) => value < 1.03,
    show: times,
  },
]

/** Every promise with every figure it rests on: the worst of them decides. */
export function judge(results: readonly Result[]): Verdict[] {
  return TARGETS.map((target) => {
    const { promise, rows, of = 1, value, reached, show } = target
    const ranges = results.flatMap((result) => (rows.test(result.id) ? (value(result) ?? []) : []))
    if (ranges.length === 0) return { promise, measured: 'not measured', reached: undefined }
    const measured = ranges.map(({ median }) => show(median)).join(', ')
    if (!ranges.every(({ median }) => reached(median))) return { promise, measured, reached: false }
    const isSettled = ranges.length >= of && ranges.every(({ min, max }) => reached(min) && reached(max))
    return { promise, measured, reached: isSettled || 'unsettled' }
  })
}
