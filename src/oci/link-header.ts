/** A `Link` header to the next page, relative so that any host name or proxy in front stays (RFC 8288). */
export function nextPageLink(path: string, query: readonly (readonly [string, string])[]): string {
  const parameters = query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
  return `<${path}?${parameters.join('&')}>; rel="next"`
}
