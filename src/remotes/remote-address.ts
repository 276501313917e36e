import { isIP } from 'node:net'
import { kindOfAddress } from '../client/address-kind.ts'
import { isLoopback } from '../lib/addresses.ts'
import { Problem } from '../lib/problem.ts'

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?$/
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/

/** Like a host's name or a word: `docker.io`, `backup-site`. @throws Problem */
export function parseRemoteName(text: string): string {
  if (NAME.test(text)) return text
  throw new Problem(
    'invalid',
    'the name of a remote has 1 to 255 lower-case letters and digits, and "." and "-" between them',
  )
}

/**
 * Where the remote is, without a slash at its end. Plain HTTP where somebody said so, and on this machine.
 * @throws Problem, which does not repeat the address: there may be a password in it
 */
export function parseRemoteUrl(text: string, insecureHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || text.length > 500)
    throw new Problem('invalid', 'the address of a remote is a URL, for example https://registry.example')
  if (url.username !== '' || url.password !== '')
    throw new Problem('invalid', 'the address of a remote holds no user name or password: these are said apart')
  if (/[?#]/.test(text)) throw new Problem('invalid', 'the address of a remote has neither "?" nor "#"')
  const path = url.pathname.replace(/\/+$/, '')
  if (/(?:^|\/)v2$/.test(path)) throw new Problem('invalid', 'say the address of the remote without /v2 at its end')
  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')))
    throw new Problem(
      'invalid',
      'images and passwords would travel unencrypted to this address: use https, or allow it (--insecure-http)',
    )
  return `${url.origin}${path}`
}

/** Names are resolved, and looked at, when a connection is opened; a plain address can be judged at once. @throws Problem */
export function requireAllowedAddress(url: string, allowPrivate: boolean): void {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  const kind = isIP(host) === 0 ? (isLoopback(host) ? 'private' : 'public') : kindOfAddress(host)
  if (kind === 'unusable') throw new Problem('invalid', `nobody can be at ${host}`)
  if (kind !== 'public' && !allowPrivate)
    throw new Problem(
      'invalid',
      `${host} belongs to a private network or to this machine: that is asked only where it is allowed (--allow-private)`,
    )
}

/** Its own host is trusted anyway. @throws Problem */
export function parseTrustedHosts(texts: readonly string[]): string[] {
  const hosts = [...new Set(texts.map((text) => text.toLowerCase()))].sort()
  if (hosts.length > 20) throw new Problem('invalid', 'a remote has at most 20 trusted hosts')
  for (const host of hosts)
    if (!HOST.test(host))
      throw new Problem('invalid', `"${host.slice(0, 100)}" is not a host, for example auth.example`)
  return hosts
}
