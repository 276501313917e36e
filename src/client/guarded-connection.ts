import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, type ClientRequest, request as plainRequest } from 'node:http'
import { Agent as HttpsAgent, request as secureRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { rootCertificates } from 'node:tls'
import { isLoopback } from '../lib/addresses.ts'
import { RemoteError } from '../registry/image-source.ts'
import type { AddressKind } from './address-kind.ts'

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>

export interface ConnectionRules {
  /** The configured other side. */
  readonly origin: URL
  readonly allowPrivate: boolean
  readonly insecureHttp: boolean
  readonly ca: string | undefined
  readonly resolve: Resolve
  readonly kindOf: (address: string) => AddressKind
}

/** A destination against our rules, an answer that no registry gives: trying again changes nothing, and says nothing of others. */
export class FutileRequest extends RemoteError {}

export interface Sent {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends the head of a request; the caller writes its body. @throws FutileRequest */
export type Connect = (url: URL, sent: Sent, mayBePrivate: boolean) => ClientRequest

/** The host of an address without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** As the system resolves it. */
export const resolveBySystem: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

const IDLE_SOCKETS = 16

/**
 * Connections to addresses that were checked: the name is resolved by us, every address it has is judged, and those
 * very addresses are connected to, so that no second answer of the DNS counts. TLS is verified for the name. By
 * node:http, which in Bun 1.4.5 asks `lookup` for each new connection and never looks at the environment's proxies
 * (docs/adr/0018). Connections that may be private are kept apart, or a public server's redirect could go by one.
 */
export function guardedConnect(rules: ConnectionRules): Connect {
  const agents = { anywhere: openAgents(), publicOnly: openAgents() }
  return (url, sent, mayBePrivate) => {
    requireAllowed(url, rules, mayBePrivate)
    const { http, https } = mayBePrivate ? agents.anywhere : agents.publicOnly
    const shared = { ...sent, lookup: checkedLookup(url, rules, mayBePrivate) }
    if (url.protocol === 'http:') return plainRequest(url, { ...shared, agent: http })
    return secureRequest(url, { ...shared, agent: https, ...authorities(url, rules) })
  }
}

function openAgents() {
  const options = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

/** The operator's authorities are for the other side; hosts that it sends us to may as well have everybody's. */
function authorities(url: URL, { ca, origin }: ConnectionRules): { ca?: string[] } {
  if (ca === undefined) return {}
  return { ca: url.hostname === origin.hostname ? [ca] : [...rootCertificates, ca] }
}

function requireAllowed(url: URL, rules: ConnectionRules, mayBePrivate: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new FutileRequest('invalid', `${rules.origin.host} sends us to an address that is not on the web`)
  if (url.protocol === 'http:' && !rules.insecureHttp && !isLoopback(hostOf(url)))
    throw new FutileRequest('unreachable', `${url.host} is not asked: only https is, unless plain http is allowed`)
  if (url.username !== '' || url.password !== '')
    throw new FutileRequest('invalid', `${url.host} is not asked: its address has a password in it`)
  // Names are judged when they are resolved. WHATWG's URL has made `0x7f.1` and `2130706433` plain by now.
  const host = hostOf(url)
  if (isIP(host) !== 0 && !isAllowed(host, url, rules, mayBePrivate)) throw denied(url)
}

function isAllowed(address: string, url: URL, rules: ConnectionRules, mayBePrivate: boolean): boolean {
  const kind = rules.kindOf(address)
  if (kind === 'metadata') return mayBePrivate && isIP(hostOf(url)) !== 0 && url.hostname === rules.origin.hostname
  return kind === 'public' || (kind === 'private' && mayBePrivate)
}

function denied(url: URL): FutileRequest {
  const message = `${url.host} is not asked: it is not at a public address, or not only, and private ones are not allowed here`
  return new FutileRequest('unreachable', message)
}

function checkedLookup(url: URL, rules: ConnectionRules, mayBePrivate: boolean): LookupFunction {
  return (host, options, callback) => {
    rules.resolve(host).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined) return callback(noAddress(), '')
        // One bad address is enough: whoever put it there chooses which of them is taken (A and AAAA).
        if (!addresses.every((address) => isAllowed(address, url, rules, mayBePrivate)))
          return callback(denied(url), '')
        if (options.all !== true) return callback(null, first, isIP(first))
        callback(
          null,
          addresses.map((address) => ({ address, family: isIP(address) })),
        )
      },
      (error: unknown) => callback(error instanceof Error ? error : noAddress(), ''),
    )
  }
}

function noAddress(): NodeJS.ErrnoException {
  return Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' })
}
