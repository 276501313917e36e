// Pushes a number of blobs of one size; everything that is not the push itself is done before "ready".
import type { Connection } from './connection.ts'
import { awaitStart, pushBlob, type Way, withWorkers } from './push-blob.ts'
import { bodyMaker } from './random-body.ts'

export interface PushInput {
  readonly port: number
  /** Over TLS. */
  readonly secure: boolean
  readonly repository: string
  readonly size: number
  readonly count: number
  readonly concurrency: number
  readonly way: Way
}

export interface PushOutcome {
  readonly seconds: number
  /** A few of the pushed digests, for the bench to fetch and check afterwards. */
  readonly samples: readonly string[]
}

const input: PushInput = JSON.parse(process.argv[2] ?? '')
const make = bodyMaker(input.size)
const bodies = Array.from({ length: input.count }, make)
const samples = [bodies[0], bodies.at(-1)].flatMap((body) => (body === undefined ? [] : [body.digest]))

await awaitStart()
const startedAt = performance.now()
const work = async (connection: Connection) => {
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    await pushBlob(connection, input.repository, body, input.way)
  }
}
await withWorkers(input.port, input.concurrency, work, input.secure)
const outcome: PushOutcome = { seconds: (performance.now() - startedAt) / 1000, samples }
console.log(JSON.stringify(outcome))
