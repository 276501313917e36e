import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Contestant } from './contestants.ts'
import { GIB, MIB } from './data-set.ts'
import type { Lab } from './lab.ts'
import { runLoad } from './load.ts'
import type { Figure, Result } from './result.ts'
import { type About, section, type Timed } from './section.ts'
import type { Headers } from './seed.ts'
import type { Server } from './server.ts'
import { find, pinned } from './tools.ts'

/** A closed-loop request row: the same requests in turn over some connections, for some seconds. */
export interface RequestRow {
  readonly row: number
  readonly id: string
  readonly what: string
  readonly contestants: readonly Contestant[]
  /** Instead of the run's own. */
  readonly server?: (who: Contestant) => Server
  readonly connections: number
  /** Paths, or `path<TAB>Range`, to ask each contestant for. */
  readonly requests: (who: Contestant) => readonly string[]
  readonly headers?: Headers
  /** HEAD needs our own generator, as wrk waits for the body that a HEAD answer announces. */
  readonly method?: 'GET' | 'HEAD'
  /** The one status that counts as right; anything else fails the run. */
  readonly status?: number
  /** Instead of the run's, where that is longer. */
  readonly atMostSeconds?: number
  /** What `value` counts. */
  readonly unit: 'req/s' | 'MB/s'
}

export interface LoadOutcome {
  readonly requests: number
  readonly seconds: number
  readonly bytes: number
  /** Answers with a status not wanted. */
  readonly refused: number
  /** Connections that failed or timed out. */
  readonly broken: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** Seconds of the load generator, of those that say it. */
  readonly cpu?: number
}

/** @returns what it has added to the run; undefined: what it needs is not installed */
export async function requestRow(lab: Lab, row: RequestRow): Promise<Result | undefined> {
  if (row.method !== 'HEAD' && !lab.has(row.row, 'wrk')) return undefined
  const { pairs, quick, warmupSeconds } = lab.options
  const seconds = Math.min(lab.options.seconds, row.atMostSeconds ?? Number.POSITIVE_INFINITY)
  const contestants = lab.present(row.row, row.contestants)
  const figures = await alternate(pairs, contestants, async (who, pair) => {
    if (pair === 0 || !quick) await load(lab, row, who, warmupSeconds)
    const server = await serverOf(lab, row, who)
    const about = { what: `${row.what}${who === 'secured' ? ', tokens on' : ''}`, ...costsOf(row) }
    const timed = await section(server, about, () => load(lab, row, who, seconds))
    if (isIdle(row, timed.outcome)) throw new Error(`${row.what}: ${who} gave no answer in ${seconds} s`)
    return figureOf(row, timed)
  })
  const result = resultOf(row, figures)
  lab.add(result)
  return result
}

/** Of big answers none may have ended, but bytes came. */
function isIdle({ unit }: RequestRow, { requests, bytes }: LoadOutcome): boolean {
  return bytes === 0 || (unit === 'req/s' && requests === 0)
}

/** Of big answers hardly one may end within a section. */
function costsOf({ unit }: RequestRow): Omit<About<LoadOutcome>, 'what'> {
  return unit === 'MB/s' ? { per: 'MiB', operations: ({ bytes }) => bytes / MIB } : { operations: requestsOf }
}

function requestsOf({ requests }: LoadOutcome): number {
  return requests
}

function figureOf(row: RequestRow, { outcome, cpu, peakBytes }: Timed<LoadOutcome>): Figure {
  const { requests, seconds, bytes, p50, p99, p999 } = outcome
  // Where no request ended within the section (1 GiB on a thin line) there is a rate but no latency.
  const latency = requests === 0 ? {} : { p50, p99, p999 }
  if (row.unit === 'req/s') return { value: requests / seconds, cpu: (cpu * 1000) / requests, peakBytes, ...latency }
  const per = (spent: number) => (spent * GIB) / bytes
  const load = outcome.cpu === undefined ? {} : { loadCpu: per(outcome.cpu) }
  return { value: bytes / MIB / seconds, cpu: per(cpu), ...load, peakBytes, ...latency }
}

function resultOf(row: RequestRow, figures: Result['figures']): Result {
  const { id, what, unit } = row
  return { row: row.row, id, what, unit, cpuPer: unit === 'req/s' ? '1k' : 'GiB', figures }
}

export interface Requests {
  /** Where the path does not tell it. */
  readonly what?: string
  readonly server: Server
  /** Paths, or `path<TAB>Range`. */
  readonly requests: readonly string[]
  readonly headers: Headers
  readonly connections: number
  readonly method?: 'GET' | 'HEAD'
  /** Instead of the run's. */
  readonly seconds?: number
}

/** One timed section against any server: all must be answered 200. */
export async function measureRequests(lab: Lab, asked: Requests): Promise<Figure> {
  const {
    server,
    requests,
    what = requests.join(),
    headers,
    connections,
    method,
    seconds = lab.options.seconds,
  } = asked
  const list = join(lab.dir, `requests-${server.port}.txt`)
  writeFileSync(list, `${requests.join('\n')}\n`)
  const { outcome, cpu } = await section(server, { what, operations: requestsOf }, () =>
    method === 'HEAD'
      ? runLoad<LoadOutcome>('head.ts', { port: server.port, connections, seconds, list, headers, status: 200 })
      : wrk({ url: server.url, connections, seconds, list, headers }),
  )
  if (outcome.requests === 0 || outcome.refused > 0 || outcome.broken > 0)
    throw new Error(`${requests[0]} failed: ${JSON.stringify(outcome)}`)
  const { p50, p99, p999 } = outcome
  return { value: outcome.requests / outcome.seconds, cpu: (cpu * 1000) / outcome.requests, p50, p99, p999 }
}

async function serverOf(lab: Lab, row: RequestRow, who: Contestant): Promise<Server> {
  return row.server?.(who) ?? lab.server(who)
}

async function load(lab: Lab, row: RequestRow, who: Contestant, seconds: number): Promise<LoadOutcome> {
  const { url, port } = await serverOf(lab, row, who)
  const headers = { ...row.headers, ...(await lab.headers(who)) }
  const list = join(lab.dir, 'requests.txt')
  writeFileSync(list, `${row.requests(who).join('\n')}\n`)
  const status = row.status ?? 200
  const outcome =
    row.method === 'HEAD'
      ? await runLoad<LoadOutcome>('head.ts', {
          port,
          connections: row.connections,
          seconds,
          list,
          headers,
          status,
        })
      : await wrk({ url, connections: row.connections, seconds, list, headers })
  if (outcome.refused > 0 || outcome.broken > 0) {
    throw new Error(`${row.what}: ${who} failed: ${JSON.stringify(outcome)}`)
  }
  return outcome
}

interface WrkOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly list: string
  readonly headers: Headers
}

async function wrk({ url, connections, seconds, list, headers }: WrkOptions): Promise<LoadOutcome> {
  const program = find('wrk')
  if (program === undefined) throw new Error('wrk is not installed')
  const script = join(import.meta.dir, '../lua/requests.lua')
  const duration = `-d${seconds}s`
  const words = [program, '-t1', `-c${connections}`, duration, '--timeout', '60s', '-s', script, url, '--', list]
  for (const [name, value] of Object.entries(headers)) words.push(name, value)
  const env = { ...process.env, OPENSSL_CONF: join(import.meta.dir, '../load/openssl.cnf') }
  const child = Bun.spawn(pinned('load', words), { env, stdout: 'pipe', stderr: 'inherit' })
  const output = await child.stdout.text()
  const line = /^RESULT (.*)$/m.exec(output)?.[1]
  if ((await child.exited) !== 0 || line === undefined) throw new Error(`wrk failed:\n${output}`)
  const outcome: LoadOutcome = JSON.parse(line)
  const microseconds = child.resourceUsage()?.cpuTime.total
  return microseconds === undefined ? outcome : { ...outcome, cpu: Number(microseconds) / 1e6 }
}
