/** Stands in for a replica: says who it is, and whether it is ready. What a balancer does is what is tested. */
export interface StandIn {
  readonly address: string
  ready: boolean
  /** Bytes of bodies that have arrived so far. */
  readonly received: number
  /** What came with the last request. */
  readonly last: Headers | undefined
  /** The path and query of the last request, as they arrived. */
  readonly target: string
  stop(): Promise<void>
}

export function startStandIn(name: string): StandIn {
  const seen = { received: 0, last: undefined as Headers | undefined, target: '' }
  let ready = true
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    maxRequestBodySize: 2 ** 40,
    fetch: async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/readyz')
        return new Response(ready ? 'ok\n' : 'database: away\n', { status: ready ? 200 : 503 })
      if (pathname === '/v2/away') return new Response('from a replica', { status: 503 })
      seen.last = request.headers
      seen.target = request.url.slice(request.url.indexOf('/', 'http://'.length))
      let size = 0
      for await (const chunk of request.body ?? []) {
        size += chunk.byteLength
        seen.received += chunk.byteLength
      }
      return Response.json({ name, size })
    },
  })
  return {
    address: `127.0.0.1:${server.port}`,
    get ready() {
      return ready
    },
    set ready(value) {
      ready = value
    },
    get received() {
      return seen.received
    },
    get last() {
      return seen.last
    },
    get target() {
      return seen.target
    },
    stop: () => server.stop(true),
  }
}

interface Bad {
  readonly address: string
  stop(): Promise<void>
}

/** An address at which nobody listens any more. */
export async function startGone(): Promise<Bad> {
  const gone = startStandIn('gone')
  await gone.stop()
  return gone
}

/** Says that it is ready, takes every other request, and hangs up. */
export async function startRude(): Promise<Bad> {
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (socket, bytes) => {
        const probe = String(bytes).includes(' /readyz ')
        socket.end(probe ? 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' : undefined)
      },
    },
  })
  return { address: `127.0.0.1:${server.port}`, stop: async () => server.stop(true) }
}
