import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { clientAddress, networkOf, parseNetworks, plainAddress } from './networks.ts'

describe('parseNetworks', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', '10.0.0.2'],
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.1.2.3/16', '10.1.255.255', '10.2.0.0'],
    ['192.0.2.0/31', '192.0.2.1', '192.0.2.2'],
    ['::1', '::1', '::2'],
    ['fd00::/8', 'fdff::1', 'fe00::1'],
    ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::1'],
    ['0.0.0.0/0', '203.0.113.1', '::1'],
  ])('%s has %s and not %s', (text, inside, outside) => {
    const list = parseNetworks([text])
    const family = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4')
    expect([list.check(inside, family(inside)), list.check(outside, family(outside))]).toEqual([true, false])
  })

  it.each([
    ...['', 'localhost', '10.0.0', '10.0.0.256', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::1/129'],
    ...['10.0.0.0/0x8', '10.0.0.0/1e1', '10.0.0.0/ 8', ' 10.0.0.1', 'fd00::/8a', '*', '10.0.0.1,10.0.0.2', '[::1]'],
  ])('"%s" is refused by its name', (text) => {
    expect(() => parseNetworks(['127.0.0.1', text])).toThrow(`"${text}" is not an address or network`)
  })
})

describe('clientAddress', () => {
  const trusted = parseNetworks(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])

  it.each([
    ['nobody in front', '203.0.113.7', null, '203.0.113.7'],
    ['somebody who only says to be a proxy', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['a proxy that says nothing', '127.0.0.1', null, '127.0.0.1'],
    ['a proxy that says something else', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['a proxy', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['two proxies', '127.0.0.1', '198.51.100.1, 10.1.1.1', '198.51.100.1'],
    ['a client that puts something to the left', '127.0.0.1', '10.9.9.9, 192.0.2.1, 198.51.100.1', '198.51.100.1'],
    [
      'a client that puts a proxy’s address to the left',
      '127.0.0.1',
      '127.0.0.1,198.51.100.1,10.1.1.1',
      '198.51.100.1',
    ],
    ['proxies all the way', '127.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['something between two proxies', '127.0.0.1', '198.51.100.1, nonsense, 10.0.0.2', '10.0.0.2'],
    ['an empty hop', '127.0.0.1', '198.51.100.1, ', '127.0.0.1'],
    ['a proxy by an IPv6 socket', '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a client by an IPv6 socket of the proxy', '127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['IPv6 all along', 'fd00::1', '2001:db8::1, fd00::2', '2001:db8::1'],
    ['no address at all, such as of a socket file', '', '198.51.100.1', ''],
  ])('%s', (_, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, trusted)).toBe(expected)
  })

  it('whatever a client puts to the left of what the proxy wrote changes nothing', () => {
    const left = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom('127.0.0.1', '10.0.0.1', ',')))
    fc.assert(
      fc.property(left, (hops) => {
        const header = [...hops, '198.51.100.1', '10.0.0.1'].join(',')
        expect(clientAddress('127.0.0.1', header, trusted)).toBe('198.51.100.1')
      }),
    )
  })

  it('a header without an end takes no time', () => {
    const started = performance.now()
    clientAddress('127.0.0.1', '10.0.0.1,'.repeat(1_000_000), trusted)
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('networkOf', () => {
  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1::', '2001:db8:0:0::/64'],
    ['2001:0db8:00:0:ffff:1:2:3', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s → %s', (address, expected) => {
    expect(networkOf(address)).toBe(expected)
  })

  it('addresses are of one network exactly when their first 64 bits are the same, however they are written', () => {
    const groups = fc.array(fc.constantFrom(0, 0, 0, 1, 0xdb8, 0xffff), { minLength: 8, maxLength: 8 })
    const long = (parts: readonly number[]) => parts.map((part) => part.toString(16).padStart(4, '0')).join(':')
    const short = (parts: readonly number[]) => new URL(`http://[${long(parts)}]/`).hostname.slice(1, -1)
    fc.assert(
      fc.property(groups, groups, (a, b) => {
        expect(networkOf(long(a))).toBe(networkOf(short(a)))
        expect(networkOf(long(a)) === networkOf(short(b))).toBe(long(a).slice(0, 19) === long(b).slice(0, 19))
      }),
    )
  })
})

it.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['::1', '::1'],
])('plainAddress: %s → %s', (address, expected) => {
  expect(plainAddress(address)).toBe(expected)
})
