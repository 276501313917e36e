// A line to another place: TCP is passed on later, and so many bytes a second towards us for all connections together.
// What is asked over it is written down; a second port tells it (GET) and forgets it (DELETE).
import type { Socket } from 'bun'

export interface LineInput {
  /** Where it leads, on this machine. */
  readonly port: number
  /** 0: as many as there are. */
  readonly bytesPerSecond: number
  /** Connecting costs one, every answer another. */
  readonly roundTripMs: number
}

export interface Asked {
  /** `GET /v2/…` */
  readonly what: string
  /** Milliseconds since the line was there. */
  readonly at: number
}

export interface LinePorts {
  readonly port: number
  readonly controlPort: number
}

const PIECE_BYTES = 32 * 1024
/** What was not sent in time, since this process did not get its turn, is made good up to here. */
const CATCH_UP_MS = 100
const ASKED = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE) \S+(?= HTTP\/1\.1\r\n)/

const input: LineInput = JSON.parse(process.argv[2] ?? '')
const msPerByte = input.bytesPerSecond === 0 ? 0 : 1000 / input.bytesPerSecond
/** One lane holds so much, as windows and buffers on the way do; who sends more waits. */
const LANE_BYTES = Math.max(1024 * 1024, (2 * input.bytesPerSecond * input.roundTripMs) / 1000)
const asked: Asked[] = []
let freeAt = 0

/** One direction of one connection. */
class Lane {
  from: Socket<Pair> | undefined
  to: Socket<Pair> | undefined
  readonly isLimited: boolean
  #queue: { readonly at: number; bytes: Uint8Array }[] = []
  #queuedBytes = 0
  #isEnding = false
  isBlocked = false

  constructor(isLimited: boolean) {
    this.isLimited = isLimited
  }

  add(bytes: Uint8Array, at: number): void {
    this.#queue.push({ at, bytes })
    this.#queuedBytes += bytes.length
    if (this.#queuedBytes > LANE_BYTES) this.from?.pause()
    begin()
  }

  end(): void {
    this.#isEnding = true
    begin()
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && !this.#isEnding
  }

  /** Sends one piece that is due. */
  send(now: number): boolean {
    const first = this.#queue[0]
    if (this.to === undefined || this.isBlocked) return false
    if (first === undefined) {
      if (this.#isEnding) this.to.end()
      this.#isEnding = false
      return false
    }
    if (first.at > now) return false
    const sent = Math.max(0, this.to.write(first.bytes.subarray(0, PIECE_BYTES)))
    this.isBlocked = sent === 0
    if (this.isLimited) freeAt += sent * msPerByte
    if (sent < first.bytes.length) first.bytes = first.bytes.subarray(sent)
    else this.#queue.shift()
    this.#queuedBytes -= sent
    if (this.#queuedBytes <= LANE_BYTES / 2) this.from?.resume()
    return sent > 0
  }

  give(): void {
    this.#queue = []
    this.#isEnding = false
  }
}

interface Pair {
  readonly out: Lane
  readonly back: Lane
  readonly openedAt: number
}

const pairs = new Set<Pair>()
let isRunning = false

function begin(): void {
  if (isRunning) return
  isRunning = true
  if (input.roundTripMs === 0 && msPerByte === 0) queueMicrotask(turn)
  else setTimeout(turn, 1)
}

function turn(): void {
  const now = performance.now()
  freeAt = Math.max(freeAt, now - CATCH_UP_MS)
  for (let isMoving = true; isMoving;) {
    isMoving = false
    for (const { out, back } of pairs) {
      if (out.send(now)) isMoving = true
      if (freeAt <= now && back.send(now)) isMoving = true
    }
  }
  isRunning = false
  if ([...pairs].some(({ out, back }) => waits(out) || waits(back))) begin()
}

function waits(lane: Lane): boolean {
  return !lane.isEmpty && !lane.isBlocked && lane.to !== undefined
}

const near = Bun.listen<Pair>({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open: (socket) => {
      const pair: Pair = { out: new Lane(false), back: new Lane(true), openedAt: performance.now() }
      socket.data = pair
      pair.out.from = socket
      pair.back.to = socket
      pairs.add(pair)
      Bun.connect<Pair>({
        hostname: '127.0.0.1',
        port: input.port,
        data: pair,
        socket: {
          open: (far) => {
            pair.out.to = far
            pair.back.from = far
            begin()
          },
          data: ({ data: { back } }, chunk) => back.add(chunk, performance.now() + input.roundTripMs / 2),
          drain: ({ data: { out } }) => unblock(out),
          close: ({ data: { out, back } }) => {
            out.give()
            out.to = undefined
            back.end()
          },
        },
      }).catch(() => socket.end())
    },
    data: ({ data: { out, openedAt } }, chunk) => {
      note(chunk)
      out.add(chunk, Math.max(performance.now(), openedAt + input.roundTripMs) + input.roundTripMs / 2)
    },
    drain: ({ data: { back } }) => unblock(back),
    close: ({ data: pair }) => {
      pairs.delete(pair)
      pair.back.give()
      pair.out.to?.end()
    },
  },
})

function unblock(lane: Lane): void {
  lane.isBlocked = false
  begin()
}

/** Nobody here sends a request before the last one was answered: each is at the beginning of what comes. */
function note(chunk: Buffer): void {
  const [what] = ASKED.exec(chunk.toString('latin1', 0, 4096)) ?? []
  if (what !== undefined) asked.push({ what, at: performance.now() })
}

const control = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: ({ method }) => Response.json(method === 'DELETE' ? asked.splice(0) : asked),
})
const ports: LinePorts = { port: near.port, controlPort: control.port ?? 0 }
console.log(JSON.stringify(ports))
