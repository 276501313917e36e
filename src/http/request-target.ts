export interface RequestTarget {
  readonly path: string
  /** Without the question mark. */
  readonly query: string
}

/**
 * Path and query of a request's URL, by position: a URL object would cost more than many a whole answer. The server
 * has resolved dot segments already, so the path that is judged is the path that is served.
 */
export function requestTarget(url: string): RequestTarget {
  const scheme = url.indexOf('://')
  const start = scheme < 0 ? 0 : url.indexOf('/', scheme + 3)
  if (start < 0) return { path: '/', query: '' }
  const question = url.indexOf('?', start)
  if (question < 0) return { path: url.slice(start), query: '' }
  return { path: url.slice(start, question), query: url.slice(question + 1) }
}

const HOST = /^(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * The host that the client says it talks to. It goes into challenges, so it must be a host and nothing else; two Host
 * headers arrive joined by a comma and are none. Undefined when there is no sound one.
 */
export function requestHost(request: Request): string | undefined {
  const host = request.headers.get('host') ?? authorityOf(request.url)
  if (host === lastHost) return host
  if (!HOST.test(host)) return undefined
  lastHost = host
  return host
}

/** Nearly all requests name the same host: judging it anew each time would be the dearest step of a small answer. */
let lastHost: string | undefined

/** HTTP/2 has no Host header. */
function authorityOf(url: string): string {
  const scheme = url.indexOf('://')
  if (scheme < 0) return 'localhost'
  const end = url.indexOf('/', scheme + 3)
  return url.slice(scheme + 3, end < 0 ? undefined : end)
}
