// Asks GET at a fixed rate, whatever the server does: an answer's time counts from when it should have been asked for.
import { readFileSync } from 'node:fs'
import { Connection } from './connection.ts'

export interface SteadyInput {
  readonly port: number
  readonly connections: number
  /** Requests a second. */
  readonly rate: number
  /** A file with a path a line. */
  readonly list: string
  readonly headers: Readonly<Record<string, string>>
  /** A file for what was seen: doubles, in turn when (milliseconds since 1970) and how long it took (milliseconds). */
  readonly samples: string
}

export interface SteadyOutcome {
  readonly answered: number
  readonly refused: number
}

const input: SteadyInput = JSON.parse(process.argv[2] ?? '')
const paths = readFileSync(input.list, 'utf8').trimEnd().split('\n')
const intervalMs = 1000 / input.rate
const samples: number[] = []
const free: Connection[] = []
let answered = 0
let refused = 0
let stopping = false

for (let i = 0; i < input.connections; i++) free.push(await Connection.open(input.port))
process.stdin.resume().on('end', () => {
  stopping = true
})
console.log('ready')
let nextAt = performance.now()
await new Promise<void>(turn)
for (const since = performance.now(); nextAt < since; nextAt += intervalMs) note(nextAt)
await Bun.write(input.samples, Float64Array.from(samples))
const outcome: SteadyOutcome = { answered, refused }
console.log(JSON.stringify(outcome))
process.exit(0)

/** Never sleeps: a timer's millisecond would be in every figure. */
function turn(done: () => void): void {
  while (nextAt <= performance.now()) {
    const connection = free.pop()
    if (connection === undefined) break
    void ask(connection, nextAt)
    nextAt += intervalMs
  }
  if (stopping) done()
  else setImmediate(turn, done)
}

async function ask(connection: Connection, dueAt: number): Promise<void> {
  const path = paths[Math.floor(Math.random() * paths.length)] ?? ''
  const { status } = await connection.ask({ method: 'GET', path, headers: input.headers })
  answered++
  if (status !== 200) refused++
  note(dueAt)
  free.push(connection)
}

function note(dueAt: number): void {
  samples.push(performance.timeOrigin + dueAt, performance.now() - dueAt)
}
