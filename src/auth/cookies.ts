import { isLoopback } from '../lib/addresses.ts'

/**
 * What a cookie of ours is called at this origin. `__Host-` binds it to this host and to https (RFC 6265bis §4.1.3.2);
 * where there is no https, on the same machine, it goes without. Undefined: cookies would travel readably; none is given.
 */
export function cookieName(base: string, origin: string): string | undefined {
  // A Host header may have a port that no URL has.
  if (!URL.canParse(origin)) return undefined
  const url = new URL(origin)
  if (url.protocol === 'https:') return `__Host-${base}`
  return isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')) || url.hostname.endsWith('.localhost') ? base : undefined
}

/** The value of a cookie, or undefined where there is none, or several: one of them is not from us. */
export function readCookie(header: string | null, name: string | undefined): string | undefined {
  if (header === null || name === undefined) return undefined
  const values = header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return pair.slice(0, equals).trim() === name ? [pair.slice(equals + 1).trim()] : []
  })
  return values.length === 1 ? values[0] : undefined
}

/** A Set-Cookie header. `maxAgeSeconds` 0 removes it. */
export function formatCookie(name: string, value: string, maxAgeSeconds: number): string {
  const secure = name.startsWith('__Host-') ? ['Secure'] : []
  return [`${name}=${value}`, 'Path=/', `Max-Age=${maxAgeSeconds}`, ...secure, 'HttpOnly', 'SameSite=Lax'].join('; ')
}
