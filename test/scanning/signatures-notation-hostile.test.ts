import { afterAll, describe, expect, test } from 'bun:test'
import { ASN1Obj } from '@sigstore/core'
import { Tag } from 'cbor2'
import { readNotationAnchor } from '../../src/trust/notation/anchor.ts'
import { parseCertificate } from '../../src/trust/notation/certificate.ts'
import { OPENSSL, type Party, Workshop } from './support/notation-authority.ts'
import {
  anchor,
  descriptor,
  digestOf,
  encode,
  type Enveloped,
  failures,
  type Format,
  FORMATS,
  makeSignature,
  sealCose,
  sealJws,
  SCHEME,
  sha256,
  SIGNING_TIME,
  SUBJECT,
  verify,
  verifyManifest,
} from './support/notation-signatures.ts'

const title = 'hostile signatures of notation'
/** No single one may keep the process longer; a slow machine takes a tenth of it. */
const MAX_MS = 2000

describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  let made: { readonly root: Party; readonly leaf: Party } | undefined
  const parties = () => {
    if (made === undefined) {
      const root = workshop.issue({ name: 'root' })
      made = { root, leaf: workshop.issue({ name: 'leaf' }, root) }
    }
    return made
  }

  async function whyRefused(signature: Enveloped): Promise<string> {
    const anchors = [anchor(parties().root)]
    const started = performance.now()
    const report = await verify(signature, { anchors })
    expect(performance.now() - started).toBeLessThan(MAX_MS)
    expect(report.trustedBy).toEqual([])
    const all = failures(report)
    expect(all.length).toBeLessThan(2000)
    return all
  }
  const sent = (format: Format, bytes: Buffer): Enveloped => ({ format, bytes, chain: [] })

  describe('JSON', () => {
    const header = () => ({
      alg: 'ES256',
      cty: 'application/vnd.cncf.notary.payload.v1+json',
      crit: [SCHEME],
      [SCHEME]: 'notary.x509',
      [SIGNING_TIME]: new Date(Date.now() - 60_000).toISOString(),
    })
    const payload = Buffer.from(JSON.stringify(descriptor())).toString('base64url')
    const sealed = (text: string) =>
      sealJws({ protected: Buffer.from(text).toString('base64url'), payload }, { by: parties().leaf })

    test('is trusted without any of what follows', async () => {
      const report = await verify(sealed(JSON.stringify(header())), { anchors: [anchor(parties().root)] })
      expect(failures(report)).toBe('')
    })

    test.each<[string, (text: string) => string]>([
      ['the same key twice', (text) => text.replace('{', '{"alg":"none",')],
      ['the same key twice, once escaped', (text) => text.replace('{', '{"\\u0061lg":"none",')],
      ['a byte order mark', (text) => `\uFEFF${text}`],
      ['something after it', (text) => `${text}{}`],
      ['another case of a key', (text) => text.replace('"alg"', '"ALG"')],
      ['an array', () => '[]'],
      ['null', () => 'null'],
      ['deep nesting', (text) => text.replace('{', `{"x":${'['.repeat(50_000)}${']'.repeat(50_000)},`)],
      ['a prototype', (text) => text.replace('"alg":"ES256",', '"__proto__":{"alg":"ES256"},')],
      ['crit of the prototype', (text) => text.replace(`["${SCHEME}"]`, `["${SCHEME}","toString"]`)],
    ])('in the protected header, %s', async (_, change) => {
      expect(await whyRefused(sealed(change(JSON.stringify(header()))))).toMatch(/^envelope: /)
    })

    test.each<[string, (text: string) => string]>([
      ['the same key twice', (text) => text.replace('{', '{"payload":"e30",')],
      ['a further key', (text) => text.replace('{', '{"signatures":[],')],
      ['base64url with padding', (text) => text.replace('","protected', '=","protected')],
      ['base64url with a line break', (text) => text.replace('","protected', '\\n","protected')],
      ['no header', (text) => text.replace('"header"', '"unprotected"')],
      ['certificates that are no list', (text) => text.replace('"x5c":[', '"x5c":[[').replace('],"io', ']],"io')],
      ['a certificate that is none', (text) => text.replace('"x5c":["', '"x5c":["AAAA","')],
      ['a certificate with a line break', (text) => text.replace('"x5c":["', '"x5c":["\\n')],
      ['a certificate that is no base64', (text) => text.replace('"x5c":["', '"x5c":["*","')],
      ['many certificates', (text) => text.replace('"x5c":["', `"x5c":[${'"AAAA",'.repeat(50_000)}"`)],
      ['a large certificate', (text) => text.replace('"x5c":["', `"x5c":["${'A'.repeat(400_000)}","`)],
      [
        'a large time stamp',
        (text) => text.replace('"io.cncf', `"io.cncf.notary.timestampSignature":"${'A'.repeat(400_000)}","io.cncf`),
      ],
      ['numbers', () => '{"payload":1,"protected":2,"signature":3,"header":4}'],
      ['nothing', () => ''],
    ])('in the envelope, %s', async (_, change) => {
      const { bytes } = sealed(JSON.stringify(header()))
      expect(await whyRefused(sent('jws', Buffer.from(change(bytes.toString()))))).toMatch(/^(envelope|certificates): /)
    })
  })

  describe('CBOR', () => {
    const headers = (...more: readonly (readonly [unknown, unknown])[]) =>
      new Map<unknown, unknown>([
        [1, -7],
        [2, [SCHEME]],
        [3, 'application/vnd.cncf.notary.payload.v1+json'],
        [SCHEME, 'notary.x509'],
        ...more,
      ])
    const time = Buffer.concat([encode(SIGNING_TIME), Buffer.of(0xc1, 0x1a), seconds()])
    /** A map with the time, and whatever entries come after; each already encoded. */
    const protectedWith = (...entries: readonly Buffer[]) => {
      const plain = encode(headers())
      const start = Buffer.of(0xa0 | (4 + 1 + entries.length))
      return Buffer.concat([start, plain.subarray(1), time, ...entries])
    }
    const payload = Buffer.from(JSON.stringify(descriptor()))
    const sealed = (bytes: Buffer) => sealCose({ protected: bytes, payload }, { by: parties().leaf })

    test('is trusted without any of what follows', async () => {
      const report = await verify(sealed(protectedWith()), { anchors: [anchor(parties().root)] })
      expect(failures(report)).toBe('')
    })

    test.each<[string, () => Buffer]>([
      ['the same key twice', () => protectedWith(Buffer.from('0126', 'hex'))],
      ['the same key twice, once longer', () => protectedWith(Buffer.from('180126', 'hex'))],
      ['the same key twice, once as a fraction', () => protectedWith(Buffer.from('f93c0026', 'hex'))],
      ['something after it', () => Buffer.concat([protectedWith(), Buffer.of(0)])],
      ['an indefinite map', () => Buffer.concat([Buffer.of(0xbf), protectedWith().subarray(1), Buffer.of(0xff)])],
      [
        'certificates, and again in the other',
        () => protectedWith(Buffer.concat([encode(33), encode([new Uint8Array(1)])])),
      ],
      ['a time without a tag', () => encode(headers([SIGNING_TIME, 1_700_000_000]))],
      ['a time with another tag', () => encode(headers([SIGNING_TIME, new Tag(100, 1_700_000_000)]))],
      ['a time out of range', () => encode(headers([SIGNING_TIME, new Tag(1, 1e300)]))],
      ['an array', () => encode([])],
      ['many items', () => protectedWith(encode('x'), encode(Array.from({ length: 5000 }, () => 0)))],
      ['a number in crit', () => encode(headers([SIGNING_TIME, 1]))],
    ])('in the protected header, %s', async (_, make) => {
      expect(await whyRefused(sealed(make()))).toMatch(/^envelope: /)
    })

    test.each<[string, (bytes: Buffer) => Buffer]>([
      ['something after it', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
      ['nothing', () => Buffer.alloc(0)],
      ['another tag', (bytes) => Buffer.concat([Buffer.of(0xd1), bytes.subarray(1)])],
      ['no tag', (bytes) => bytes.subarray(1)],
      ['two tags', (bytes) => Buffer.concat([Buffer.of(0xd2), bytes])],
      ['a longer tag', (bytes) => Buffer.concat([Buffer.of(0xd8, 18), bytes.subarray(1)])],
      ['an indefinite array', (bytes) => Buffer.concat([Buffer.of(0xd2, 0x9f), bytes.subarray(2), Buffer.of(0xff)])],
      ['an array of five', (bytes) => Buffer.concat([Buffer.of(0xd2, 0x85), bytes.subarray(2), Buffer.of(0)])],
      ['a huge array', () => Buffer.from('d29b0000010000000000', 'hex')],
      ['a huge map', () => Buffer.from('d284bbffffffffffffffff', 'hex')],
      ['huge bytes', () => Buffer.from('d2845bffffffffffffffff00', 'hex')],
      ['indefinite bytes', () => Buffer.from('d2845f41a041a0ffa04100', 'hex')],
      ['no payload', () => Buffer.from('d28441a0a0f64100', 'hex')],
      [
        'half a million of items',
        () => Buffer.concat([Buffer.from('d2849a0007a120', 'hex'), Buffer.alloc(500_000, 0xa0)]),
      ],
      ['deep nesting', () => Buffer.concat([Buffer.of(0xd2), Buffer.alloc(900, 0x81)])],
      ['deep tags', () => Buffer.alloc(900, 0xd2)],
      ['a reserved length', () => Buffer.from('d2841c', 'hex')],
    ])('in the envelope, %s', async (_, change) => {
      const { bytes } = sealed(protectedWith())
      expect(await whyRefused(sent('cose', change(bytes)))).toMatch(/^envelope: /)
    })

    function seconds(): Buffer {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(Math.floor(Date.now() / 1000) - 60)
      return bytes
    }
  })

  test.each(FORMATS)('bytes by chance, and cut off anywhere: %s', async (format) => {
    const bytes = Buffer.from(makeSignature(format, { by: parties().leaf }).bytes)
    for (let length = 0; length < bytes.length; length += 11) await whyRefused(sent(format, bytes.subarray(0, length)))
    const seed = 20261122
    const random = generator(seed)
    for (let round = 0; round < 300; round++) {
      const copy = Buffer.from(bytes)
      for (let change = 0; change < 4; change++) copy[random(copy.length)] = random(256)
      // Another agent's name is no other signature.
      const report = await verify({ ...about(format), bytes: copy }, { anchors: [anchor(parties().root)] })
      if (report.trustedBy.length > 0 && !onlyAgentChanged(bytes, copy)) throw new Error(`seed ${seed}, round ${round}`)
    }
  })

  const about = (format: Format) => ({ format, chain: [parties().leaf.der, parties().root.der] })

  function onlyAgentChanged(before: Buffer, after: Buffer): boolean {
    const from = before.indexOf('io.cncf.notary.signingAgent')
    const changed = [...before.keys()].filter((at) => before[at] !== after[at])
    return from !== -1 && changed.every((at) => at >= from && at < from + 40)
  }

  test('DER that is deep, long, cut off or followed by something', () => {
    const { der } = parties().leaf
    expect(parseCertificate(der).subjectText).toContain('CN=leaf')
    const deep = Buffer.concat(Array.from({ length: 15_000 }, (_, index) => nested(60_000 - index * 4)))
    const broken = [
      ...Array.from({ length: Math.floor(der.length / 9) }, (_, index) => der.subarray(0, index * 9)),
      Buffer.concat([der, Buffer.of(0)]),
      deep,
      Buffer.alloc(65_000, 0x04),
      Buffer.alloc(65_000, 0x30),
      Buffer.alloc(70_000, 0x30),
      Buffer.from('3080020101', 'hex'),
    ]
    for (const bytes of broken) expect(() => parseCertificate(bytes)).toThrow(/a certificate/)
  })

  test('an extension that is there twice, and a date that does not exist', () => {
    const { der } = parties().leaf
    const twice = ASN1Obj.parseBuffer(Buffer.from(der))
    const extensions = twice.subs[0]?.subs.find(({ tag }) => tag.isContextSpecific(3))?.subs[0]?.subs
    extensions?.push(...extensions.slice(0, 1))
    expect(() => parseCertificate(twice.toDER())).toThrow(/has the extension [\d.]+ twice|cannot be understood/)
    const month = Buffer.from(der)
    // UTCTime: 17 0d, and then yymmdd.
    month.write('13', month.indexOf(Buffer.from('170d', 'hex')) + 4, 'latin1')
    expect(() => parseCertificate(month)).toThrow(/a date that does not exist|cannot be understood/)
  })

  test('what a stranger writes is one short line in ours', async () => {
    const subject = `/C=US/ST=WA/O=${'x'.repeat(60)}\u202e\u0007/CN=line`
    const odd = workshop.issue({ subject }, parties().root)
    const report = await verify(makeSignature('jws', { by: odd }), { anchors: [anchor(parties().root)] })
    expect(report.signer.name).not.toMatch(/[\p{C}]/u)
  })

  test('a manifest that is hostile itself', async () => {
    const trust = { anchors: [anchor(parties().root)], now: new Date(), read: async () => undefined }
    const mark = '"artifactType":"application/vnd.cncf.notary.signature"'
    for (const text of [
      '',
      '[]',
      '{',
      `{${mark}}`,
      `{${mark},${mark}}`,
      `{${mark},"layers":[[]]}`,
      `{${mark},"layers":7}`,
    ]) {
      const content = Buffer.from(text)
      const [report] = await verifyManifest(SUBJECT, { digest: digestOf(content), content }, trust)
      expect(report).toMatchObject({ trustedBy: [], signer: { name: 'unknown' } })
    }
  })

  describe('anchors', () => {
    const body = (changes: object) => ({
      certificates: { ca: [parties().root.pem] },
      identities: ['*'],
      level: 'strict',
      ...changes,
    })

    test('hold several certificates in one PEM', () => {
      const { root } = parties()
      const other = workshop.issue({})
      const trust = readNotationAnchor(body({ certificates: { ca: [`# mine\n${root.pem}\n${other.pem}`] } }))
      expect(trust.stores.ca.map(({ thumbprint }) => thumbprint)).toEqual([sha256(root.der), sha256(other.der)])
    })

    test.each<[string, () => unknown, RegExp]>([
      ['nothing', () => undefined, /not a trust anchor/],
      ['an unknown word', () => body({ levle: 'strict' }), /levle/],
      ['level skip', () => body({ level: 'skip' }), /level/],
      ['no certificates', () => body({ certificates: {} }), /ca or of signingAuthority/],
      ['an empty store', () => body({ certificates: { ca: [] } }), /certificates.ca/],
      ['only a tsa store', () => body({ certificates: { tsa: [parties().root.pem] } }), /ca or of signingAuthority/],
      ['no PEM', () => body({ certificates: { ca: ['x'] } }), /no certificate in PEM/],
      [
        'a broken certificate',
        () => body({ certificates: { ca: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'] } }),
        /cannot be understood/,
      ],
      [
        'a leaf that somebody issued',
        () => body({ certificates: { ca: [parties().leaf.pem] } }),
        /CN=leaf.* is not of an authority/,
      ],
      [
        'a tsa that is no root',
        () => body({ certificates: { ca: [parties().root.pem], tsa: [parties().leaf.pem] } }),
        /not a root/,
      ],
      ['verifyTimestamp without tsa', () => body({ verifyTimestamp: 'always' }), /needs certificates of tsa/],
      ['no identities', () => body({ identities: [] }), /identities/],
      ['everybody and somebody', () => body({ identities: ['*', 'x509.subject: C=a, ST=b, O=c'] }), /overlap/],
      [
        'identities of which one says it all',
        () => body({ identities: ['x509.subject: C=a, ST=b, O=c', 'x509.subject: CN=d, C=a, ST=b, O=c'] }),
        /overlap/,
      ],
      ['an identity without a state', () => body({ identities: ['x509.subject: C=a, O=c'] }), /at least C, ST/],
      ['an override of integrity', () => body({ override: { integrity: 'log' } }), /integrity/],
      ['a skipped authenticity', () => body({ override: { authenticity: 'skip' } }), /authenticity/],
    ])('with %s are refused', (_, make, words) => {
      expect(() => readNotationAnchor(make())).toThrow(words)
    })
  })
})

/** The header of an OCTET STRING that holds so many bytes. */
function nested(length: number): Buffer {
  return Buffer.of(0x04, 0x82, (length >> 8) & 0xff, length & 0xff)
}

/** Numbers below a bound, the same for the same seed (mulberry32). */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
