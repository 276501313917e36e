import { BlockList, isIP, isIPv6 } from 'node:net'

/** A set of addresses and networks. @throws Error with a sentence for people */
export function parseNetworks(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits, rest] = text.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const width = family === 'ipv6' ? 128 : 32
    const prefix = bits === undefined ? width : Number(bits)
    const sound = isIP(address) !== 0 && rest === undefined && (bits === undefined || /^\d{1,3}$/.test(bits))
    if (!sound || prefix > width) throw new Error(`"${text}" is not an address or network, for example 10.0.0.0/8`)
    list.addSubnet(address, prefix, family)
  }
  return list
}

/** An IPv4 address that came in by an IPv6 socket is itself. */
export function plainAddress(address: string): string {
  const match = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return match?.[1] ?? address
}

/**
 * Who really asks: the last address of X-Forwarded-For that no trusted proxy wrote about itself. Only what trusted
 * proxies say is read, from the right, because a client can put anything to the left (CVE-2026-20896).
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: BlockList): string {
  let address = plainAddress(peer)
  const hops = (forwardedFor ?? '').slice(-2048).split(',')
  while (isWithin(address, trusted)) {
    const hop = plainAddress(withoutPort(hops.pop()?.trim() ?? ''))
    if (isIP(hop) === 0) return address
    address = hop
  }
  return address
}

/** Some proxies write `10.0.0.1:1234` or `[2001:db8::1]:443`. */
function withoutPort(text: string): string {
  return /^\[([0-9a-fA-F:.]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
}

export function isWithin(address: string, networks: BlockList): boolean {
  const version = isIP(address)
  return version !== 0 && networks.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/** What one person has: an IPv4 address, or an IPv6 network of 64 bits. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`
}
