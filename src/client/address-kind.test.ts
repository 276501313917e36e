import { describe, expect, it } from 'bun:test'
import { kindOfAddress } from './address-kind.ts'

const kinds = {
  public: [
    '8.8.8.8',
    '172.32.0.1',
    '100.63.255.255',
    '169.253.1.1',
    '2606:4700::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
  private: [
    ...['127.0.0.1', '127.255.255.254', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
    ...['198.18.0.1', '192.0.2.1', '240.0.0.1', '::1', 'fc00::1', 'fdff::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a01:203', '64:ff9b::7f00:1', '64:ff9b::10.0.0.1'],
    ...['2002:7f00:1::', '2001::1', '64:ff9b:1::1', '::127.0.0.1', '::7f00:1', '2001:db8::1', '::FFFF:7F00:1'],
  ],
  metadata: [
    ...['169.254.169.254', '169.254.170.2', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe'],
    ...['fd00:ec2::254', 'fd00:0ec2:0:0::254', '100.100.100.200'],
  ],
  unusable: ['0.0.0.0', '0.1.2.3', '::', '224.0.0.1', '255.255.255.255', 'ff02::1', '::ffff:0.0.0.0', '', 'x', '1.2.3'],
} as const

describe.each(Object.entries(kinds))('addresses that are %s', (kind, addresses) => {
  it.each([...addresses])('%s', (address) => expect(kindOfAddress(address)).toBe(kind as 'public'))
})
