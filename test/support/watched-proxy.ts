/** A registry seen through a proxy that writes down what is asked, and that can stop answering. */
export interface WatchedProxy {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** `HEAD /v2/team/app/manifests/v1`, in order. */
  readonly requests: string[]
  /** After so many more blobs nothing is answered any more. Resolves when that is so. */
  stall(afterBlobs: number): Promise<void>
  /** Answers again; whoever waits goes on waiting. */
  release(): void
  stop(): Promise<void>
}

export function watchedProxy(target: string): WatchedProxy {
  const requests: string[] = []
  let left = Number.POSITIVE_INFINITY
  let stalled = Promise.withResolvers<void>()
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      requests.push(`${request.method} ${pathname}${search}`)
      if (request.method === 'GET' && pathname.includes('/blobs/')) left--
      if (left < 0) {
        stalled.resolve()
        return new Promise<Response>(() => undefined)
      }
      const answer = await fetch(`${target}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        redirect: 'manual',
        decompress: false,
      })
      return new Response(answer.body, { status: answer.status, headers: answer.headers })
    },
  })
  return {
    host: `127.0.0.1:${server.port}`,
    requests,
    stall: (afterBlobs) => {
      left = afterBlobs
      stalled = Promise.withResolvers<void>()
      return stalled.promise
    },
    release: () => {
      left = Number.POSITIVE_INFINITY
    },
    stop: () => server.stop(true),
  }
}
