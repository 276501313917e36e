// Asks several servers the same question in turn, one request at a time, and tells the median of each: a slow spell of
// the machine falls on all alike.
import { percentile } from '../support/statistics.ts'

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
const asked = input.targets.map((target) => ({ target, times: Array.of<number>() }))
const WARM_UP = Math.min(10, Math.ceil(input.rounds / 10))
for (let turn = 0; turn < input.rounds + WARM_UP; turn++) {
  for (const { target, times } of asked) {
    const took = await ask(target, turn)
    if (turn >= WARM_UP) times.push(took)
  }
}
const outcome: PagesOutcome = { medians: asked.map(({ times }) => percentile(times, 0.5)) }
console.log(JSON.stringify(outcome))

/** By `fetch`, as docker-registry answers lists in chunks. Returns milliseconds. */
async function ask({ method, port, path, status, body }: PagesTarget, turn: number): Promise<number> {
  const url = `http://127.0.0.1:${port}${path.replace('{turn}', String(turn))}`
  const startedAt = performance.now()
  const answer = await fetch(url, { method, headers: input.headers, ...(body !== undefined && { body }) })
  await answer.arrayBuffer()
  const took = performance.now() - startedAt
  // Filling the others may have kept this one from its database for a moment.
  const isForgiven = turn < WARM_UP && answer.status === 503
  if (answer.status !== status && !isForgiven) throw new Error(`${method} ${url} answered ${answer.status}`)
  return took
}
