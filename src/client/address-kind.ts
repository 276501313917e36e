import { isIPv4, isIPv6 } from 'node:net'
import { isWithin, parseNetworks } from '../lib/networks.ts'

/** Who may be behind an address. */
export type AddressKind =
  | 'public'
  /** This machine, private networks, and what only leads there: only where an operator allowed it. */
  | 'private'
  /** Where clouds tell a machine its secrets: only where an operator wrote that very address. */
  | 'metadata'
  /** Nobody that can be asked: unspecified (which means this machine), multicast, broadcast. */
  | 'unusable'

const METADATA = parseNetworks(['169.254.0.0/16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'])

const UNUSABLE = parseNetworks(['0.0.0.0/8', '224.0.0.0/4', '255.255.255.255', '::', 'ff00::/8'])

/** IANA's registries of special-purpose addresses: what is not "globally reachable" there. */
const PRIVATE = parseNetworks([
  // RFC 1918, loopback, shared address space (RFC 6598).
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '100.64.0.0/10'],
  // Protocol assignments, examples, 6to4 relays, benchmarks, reserved.
  ...['192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '192.88.99.0/24', '198.18.0.0/15'],
  '240.0.0.0/4',
  // Loopback, unique local, link-local, site-local (RFC 3879).
  ...['::1', 'fc00::/7', 'fe80::/10', 'fec0::/10'],
  // Examples, discard only, ORCHID, benchmarks, local translation (RFC 8215), segment routing.
  ...['2001:db8::/32', '3fff::/20', '100::/64', '2001:10::/28', '2001:20::/28', '2001:2::/48', '64:ff9b:1::/48'],
  '5f00::/16',
  // Tunnels to IPv4 addresses that somebody else chose: Teredo, 6to4.
  ...['2001::/32', '2002::/16'],
])

/** The others of ::/96 are of no use since RFC 4291 §2.5.5.1, and lead to the IPv4 address in them where they do. */
const COMPATIBLE = parseNetworks(['::/96', '::ffff:0:0:0/96'])

/** An address as resolvers and sockets write it, without a port. What cannot be read is unusable. */
export function kindOfAddress(address: string): AddressKind {
  const plain = address.replace(/%.*$/, '')
  if (isIPv4(plain)) return kindOfPlain(plain)
  if (!isIPv6(plain)) return 'unusable'
  const groups = groupsOf(plain)
  const embedded = embeddedAddress(groups)
  if (embedded !== undefined) return kindOfPlain(embedded)
  const whole = groups.map((group) => group.toString(16)).join(':')
  const kind = kindOfPlain(whole)
  return kind === 'public' && isWithin(whole, COMPATIBLE) ? 'private' : kind
}

function kindOfPlain(address: string): AddressKind {
  if (isWithin(address, METADATA)) return 'metadata'
  if (isWithin(address, UNUSABLE)) return 'unusable'
  return isWithin(address, PRIVATE) ? 'private' : 'public'
}

/** An IPv4 address in IPv6's clothes is itself: mapped (::ffff:0:0/96), or translated by a NAT64 (64:ff9b::/96, RFC 6052). */
function embeddedAddress(groups: readonly number[]): string | undefined {
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':')
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return undefined
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = withoutDots(address).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}

function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_match, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
}
