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
