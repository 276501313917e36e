/** Whether If-None-Match names this digest: quoted, bare, weak, in a list, or `*` (RFC 9110 §13.1.2). */
export function matchesEtag(request: Request, digest: string): boolean {
  const header = request.headers.get('if-none-match')
  if (header === null) return false
  return header.split(',').some((candidate) => {
    const tag = candidate.trim().replace(/^W\//, '')
    return tag === '*' || tag === digest || tag === `"${digest}"`
  })
}
