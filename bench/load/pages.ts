// Asks several servers the same question in turn, one request at a time, and tells the median of each: a slow spell of
// the machine falls on all alike.
import { digestOf, tagName } from '../support/growth-content.ts'
import { percentile } from '../support/statistics.ts'
import { Connection } from './connection.ts'

export interface PagesTarget {
  readonly port: number
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** `{turn}` stands for the number of the round, `{digest}` for that of the manifest, `{tag}` for another tag in each round. */
  readonly path: string
  readonly status: number
  /** With `{turn}` too. A PUT sends it. */
  readonly manifest?: string
  /** How many tags there are. */
  readonly tags: number
}

export interface PagesInput {
  readonly targets: readonly PagesTarget[]
  /** The number of the first; what was asked before is not asked again. */
  readonly from: number
  readonly rounds: number
  readonly headers: Readonly<Record<string, string>>
}

export interface PagesOutcome {
  /** Milliseconds, of each target. */
  readonly medians: readonly number[]
}

/** Prime to every number of tags, so that each tag has its turn before any has it twice. */
const STEP = 7919

const input: PagesInput = JSON.parse(process.argv[2] ?? '')
const asked = await Promise.all(
  input.targets.map(async (target) => {
    return { target, connection: await Connection.open(target.port), times: Array.of<number>() }
  }),
)
const warmUp = Math.min(10, Math.ceil(input.rounds / 10))
for (let round = 0; round < input.rounds + warmUp; round++) {
  for (const { target, connection, times } of asked) {
    const took = await ask(connection, target, round)
    if (round >= warmUp) times.push(took)
  }
}
const outcome: PagesOutcome = { medians: asked.map(({ times }) => percentile(times, 0.5)) }
console.log(JSON.stringify(outcome))
process.exit(0)

/** Returns milliseconds. */
async function ask(connection: Connection, target: PagesTarget, round: number): Promise<number> {
  const { method, port, status } = target
  const turn = input.from + round
  const manifest = target.manifest?.replace('{turn}', String(turn))
  const path = target.path
    .replace('{turn}', String(turn))
    .replace('{tag}', tagName((turn * STEP) % target.tags))
    .replace('{digest}', digestOf(manifest ?? ''))
  const body = method === 'PUT' && manifest !== undefined ? [new TextEncoder().encode(manifest)] : []
  const startedAt = performance.now()
  const answer = await connection.ask({ method, path, headers: input.headers, body })
  const took = performance.now() - startedAt
  // Filling the others may have kept this one from its database for a moment.
  const isForgiven = round < warmUp && answer.status === 503
  if (answer.status !== status && !isForgiven)
    throw new Error(`${method} of ${path} at ${port} answered ${answer.status}`)
  return took
}
