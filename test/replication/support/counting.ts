/** Passes everything on to another registry, and writes down what was asked. */
export interface CountingProxy {
  readonly url: string
  requests: string[]
  stop(): Promise<void>
}

export function countRequests(to: string): CountingProxy {
  const proxy: { requests: string[] } = { requests: [] }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    maxRequestBodySize: 2 ** 32,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      proxy.requests.push(`${request.method} ${pathname}`)
      const headers = new Headers(request.headers)
      headers.set('host', new URL(to).host)
      const body = request.body === null ? undefined : await request.arrayBuffer()
      const init = { method: request.method, headers, redirect: 'manual', decompress: false } as const
      return fetch(`${to}${pathname}${search}`, { ...init, ...(body === undefined ? {} : { body }) })
    },
  })
  return Object.assign(proxy, { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) })
}
