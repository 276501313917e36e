// Asks several servers the same question in turn, one request at a time, and tells the median of each: a slow spell of
// the machine falls on all alike.
import { percentile } from '../support/statistics.ts'
import { Connection } from './connection.ts'

export interface PagesTarget {
  readonly port: number
  /** `{turn}` stands for the number of the round. */
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly path: string
  readonly status: number
  readonly body?: string
}

export interface PagesInput {
  readonly targets: readonly PagesTarget[]
  readonly rounds: number
  readonly headers: Readonly<Record<string, string>>
}

export interface PagesOutcome {
  /** Milliseconds, of each target. */
  readonly medians: readonly number[]
}

const input: PagesInput = JSON.parse(process.argv[2] ?? '')
const asked: { target: PagesTarget; connection: Connection; body: readonly Uint8Array[]; times: number[] }[] = []
for (const target of input.targets) {
  const body = target.body === undefined ? [] : [new TextEncoder().encode(target.body)]
  asked.push({ target, connection: await Connection.open(target.port), body, times: [] })
}

const WARM_UP = Math.min(10, Math.ceil(input.rounds / 10))
for (let turn = 0; turn < input.rounds + WARM_UP; turn++) {
  for (const { target, connection, body, times } of asked) {
    const path = target.path.replace('{turn}', String(turn))
    const startedAt = performance.now()
    const answer = await connection.ask({ method: target.method, path, headers: input.headers, body })
    const took = performance.now() - startedAt
    if (answer.status !== target.status) throw new Error(`${target.method} ${path} answered ${answer.status}`)
    if (turn >= WARM_UP) times.push(took)
  }
}
for (const { connection } of asked) connection.close()
const outcome: PagesOutcome = { medians: asked.map(({ times }) => percentile(times, 0.5)) }
console.log(JSON.stringify(outcome))
