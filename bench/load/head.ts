// Asks HEAD in a closed loop over raw sockets: the answer is a head and nothing else, so one comparison of bytes ends it.
import { readFileSync } from 'node:fs'
import type { LoadOutcome } from '../support/requests.ts'
import { percentile } from '../support/statistics.ts'

interface Input {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly list: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
}

const CR = 13
const LF = 10

const input: Input = JSON.parse(process.argv[2] ?? '')
const requests = encodeRequests(input)
const expected = new TextEncoder().encode(String(input.status))
const latencies = new Float64Array(20_000_000)
let turn = 0
let answered = 0
let bytes = 0
let refused = 0
let broken = 0
let stopping = false

interface State {
  sentAt: number
}

/** A head without a body ends with an empty line; at a few hundred bytes it always arrives in one piece on loopback. */
function isWholeHead(chunk: Buffer): boolean {
  const end = chunk.length
  return chunk[end - 1] === LF && chunk[end - 2] === CR && chunk[end - 3] === LF && chunk[end - 4] === CR
}

function hasStatus(chunk: Buffer): boolean {
  return chunk[9] === expected[0] && chunk[10] === expected[1] && chunk[11] === expected[2]
}

function send(socket: Bun.Socket<State>): void {
  const request = requests[turn++ % requests.length]
  if (request === undefined) throw new Error('no request to send')
  socket.data.sentAt = performance.now()
  socket.write(request)
}

function receive(socket: Bun.Socket<State>, chunk: Buffer): void {
  const state = socket.data
  bytes += chunk.length
  if (stopping) return
  if (!isWholeHead(chunk)) throw new Error(`an answer in pieces: ${chunk}`)
  if (!hasStatus(chunk)) refused++
  latencies[answered++ % latencies.length] = performance.now() - state.sentAt
  send(socket)
}

const handlers: Bun.SocketHandler<State> = {
  data: receive,
  close: () => {
    if (!stopping) broken++
  },
  error: () => {
    broken++
  },
}

const sockets: Bun.Socket<State>[] = []
for (let i = 0; i < input.connections; i++) {
  const data: State = { sentAt: 0 }
  sockets.push(await Bun.connect({ hostname: '127.0.0.1', port: input.port, socket: handlers, data }))
}
const startedAt = performance.now()
for (const socket of sockets) send(socket)
await Bun.sleep(input.seconds * 1000)
stopping = true
const seconds = (performance.now() - startedAt) / 1000
for (const socket of sockets) socket.terminate()

const seen = latencies.subarray(0, Math.min(answered, latencies.length))
const outcome: LoadOutcome = {
  requests: answered,
  seconds,
  bytes,
  refused,
  broken,
  p50: percentile(seen, 0.5),
  p99: percentile(seen, 0.99),
  p999: percentile(seen, 0.999),
}
console.log(JSON.stringify(outcome))

function encodeRequests({ list, headers, port }: Input): Uint8Array[] {
  const extra = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const encoder = new TextEncoder()
  const paths = readFileSync(list, 'utf8').trimEnd().split('\n')
  return paths.map((path) =>
    encoder.encode(`HEAD ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${extra.join('')}\r\n`),
  )
}
