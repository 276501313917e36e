import { afterAll, beforeAll } from 'bun:test'
import type { Socket } from 'bun'
import type { Server } from './server.ts'

/** A wire between clients and the server that counts what is sent, and lists the requests seen in it. */
export interface Wire {
  readonly host: string
  /** Bytes from clients since the last call, request lines and all. */
  takeSentBytes(): number
  /** Request lines since the last call, for example `POST /v2/a/blobs/uploads/?mount=…`. */
  takeRequests(): string[]
}

interface Ends {
  other: Socket<Ends> | undefined
  waiting: Uint8Array[]
}

const REQUEST_LINE = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE) (\S+)(?= HTTP\/1\.1\r$)/gm

/** Bytes pass through as they are, so that what a client sees is the server's own answer. */
export function useWire(server: Server): Wire {
  let sentBytes = 0
  let requests: string[] = []
  let host = ''
  let stop = () => {}
  const record = (chunk: Uint8Array) => {
    sentBytes += chunk.length
    const text = new TextDecoder('latin1').decode(chunk)
    requests.push(...Array.from(text.matchAll(REQUEST_LINE), (match) => match[0]))
  }
  beforeAll(() => {
    const listener = listen(new URL(server.url), record)
    host = `127.0.0.1:${listener.port}`
    stop = () => listener.stop(true)
  })
  afterAll(() => stop())
  return {
    get host() {
      return host
    },
    takeSentBytes: () => {
      const taken = sentBytes
      sentBytes = 0
      return taken
    },
    takeRequests: () => {
      const taken = requests
      requests = []
      return taken
    },
  }
}

function listen(target: URL, record: (chunk: Uint8Array) => void) {
  const pass = {
    data(from: Socket<Ends>, chunk: Uint8Array) {
      forward(from, chunk)
    },
    drain(to: Socket<Ends>) {
      flush(to)
    },
    close(from: Socket<Ends>) {
      from.data.other?.end()
    },
    error() {},
  }
  return Bun.listen<Ends>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      ...pass,
      open(client) {
        client.data = { other: undefined, waiting: [] }
        client.pause()
        void connect(target, client, pass)
      },
      data(client, chunk) {
        record(chunk)
        forward(client, chunk)
      },
    },
  })
}

async function connect(target: URL, client: Socket<Ends>, pass: Bun.SocketHandler<Ends>): Promise<void> {
  const data: Ends = { other: client, waiting: [] }
  client.data.other = await Bun.connect<Ends>({
    hostname: target.hostname,
    port: Number(target.port),
    data,
    socket: pass,
  })
  client.resume()
}

function forward(from: Socket<Ends>, chunk: Uint8Array): void {
  const to = from.data.other
  if (to === undefined) return
  to.data.waiting.push(chunk.slice())
  flush(to)
  if (to.data.waiting.length > 0) from.pause()
}

function flush(to: Socket<Ends>): void {
  const { waiting } = to.data
  for (;;) {
    const next = waiting.shift()
    if (next === undefined) break
    const written = to.write(next)
    if (written < next.length) {
      waiting.unshift(next.subarray(Math.max(written, 0)))
      return
    }
  }
  to.data.other?.resume()
}
