import { afterAll, describe, expect, test } from 'bun:test'
import { parseCertificate } from '../../src/trust/notation/certificate.ts'
import { checkChain } from '../../src/trust/notation/certificate-rules.ts'
import {
  LEAF,
  OPENSSL,
  type Party,
  ROOT,
  STAMPER,
  type StampOptions,
  type Wanted,
  Workshop,
} from './support/notation-authority.ts'
import { forgeToken, part, replace, type TokenParts } from './support/notation-forgery.ts'
import { anchor, failures, FORMATS, makeSignature, type Signing, verify } from './support/notation-signatures.ts'

const title = 'time stamps of signatures of notation'
const DAY = 24 * 3_600_000
/** When the certificates of signers are over, and those of the time stamping authority are not needed any more. */
const LATER = new Date(Date.now() + 60 * DAY)

describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  const parties = new Map<string, Party>()
  const once = (name: string, wanted: () => readonly [Wanted, Party?]): Party => {
    const party = parties.get(name) ?? workshop.issue(...wanted())
    parties.set(name, party)
    return party
  }
  const root = () => once('root', () => [{ name: 'root' }])
  const leaf = () => once('leaf', () => [{ name: 'leaf' }, root()])
  const tsaRoot = () => once('tsa root', () => [{ name: 'tsa root' }])
  const tsaMiddle = () => once('tsa middle', () => [{ name: 'tsa middle', extensions: ROOT }, tsaRoot()])
  const tsa = () => once('tsa', () => [{ name: 'tsa', extensions: STAMPER }, tsaMiddle()])

  const anchors = (changes: object = {}, store: Party = tsaRoot()) => [
    anchor(root(), { certificates: { ca: [root().pem], tsa: [store.pem] }, ...changes }),
  ]
  const stamped = (by = tsa(), options: StampOptions = {}): Partial<Signing> => ({
    stamp: (signature) => workshop.stamp(signature, by, options),
  })
  const ask = (
    signing: Partial<Signing>,
    asking: { readonly now?: Date; readonly changes?: object; readonly store?: Party } = {},
  ) => {
    const { now = LATER, changes, store } = asking
    return verify(makeSignature('jws', { by: leaf(), ...signing }), { anchors: anchors(changes, store), now })
  }
  const whyRefused = async (...asked: Parameters<typeof ask>) => {
    const report = await ask(...asked)
    expect(report.trustedBy).toEqual([])
    expect(report.signedAt).toBeUndefined()
    return failures(report)
  }

  test.each(FORMATS)(
    'keep a signature in %s good when its certificates are over, and prove when it was made',
    async (format) => {
      const signature = makeSignature(format, { by: leaf(), ...stamped() })
      const report = await verify(signature, { anchors: anchors(), now: LATER })
      expect(failures(report)).toBe('')
      expect(report.trustedBy).toEqual(['anchor'])
      expect(Math.abs(Date.now() - (report.signedAt?.getTime() ?? 0))).toBeLessThan(120_000)
    },
  )

  test.each<[string, Wanted, StampOptions]>([
    ['RSA', { key: 2048 }, {}],
    ['P-384 and SHA-384', { key: 'P-384' }, { hash: 'sha384' }],
    ['SHA-512', {}, { hash: 'sha512' }],
    ['an accuracy of nothing', {}, { accuracy: 0 }],
  ])('with %s', async (_, wanted, options) => {
    const by = workshop.issue({ extensions: STAMPER, ...wanted }, tsaRoot())
    const report = await ask(stamped(by, options))
    expect(failures(report)).toBe('')
    expect(report.trustedBy).toEqual(['anchor'])
  })

  test('count only where the anchor has a tsa store, and always where it has one', async () => {
    const plain = await verify(makeSignature('jws', { by: leaf(), ...stamped() }), {
      anchors: [anchor(root())],
      now: LATER,
    })
    expect(failures(plain)).toContain('expired at')
    expect(await whyRefused({}, { now: new Date() })).toContain('there is no time stamp')
    const changes = { verifyTimestamp: 'afterCertExpiry' }
    expect((await ask({}, { now: new Date(), changes })).trustedBy).toEqual(['anchor'])
    expect(await whyRefused({}, { changes })).toContain('there is no time stamp')
    expect((await ask(stamped(), { changes })).trustedBy).toEqual(['anchor'])
  })

  test('of a time at which the certificates were not valid', async () => {
    // What is stamped is stamped now, with an accuracy that reaches to before there was a certificate.
    expect(await whyRefused(stamped(tsa(), { accuracy: 3600 * 24 }))).toContain('is valid from')
    const short = workshop.issue({ days: 1 }, root())
    expect(await whyRefused({ by: short, ...stamped(tsa(), { accuracy: 2 * 86_400 }) })).toContain(
      'authentic timestamp',
    )
  })

  test('of something else, or changed', async () => {
    const other = Buffer.from('something else')
    expect(await whyRefused({ stamp: () => workshop.stamp(other, tsa()) })).toContain('is of something else')
    const broken = (at: (token: Buffer) => number): Partial<Signing> => ({
      stamp: (signature) => {
        const token = workshop.stamp(signature, tsa())
        const index = at(token)
        token[index] = (token[index] ?? 0) ^ 1
        return token
      },
    })
    expect(await whyRefused(broken((token) => token.length - 1))).toContain('does not hold')
    // The serial number of the stamp is part of what is signed.
    const serial = (token: Buffer) => token.indexOf(Buffer.from('06042a030401', 'hex')) + 3
    expect(await whyRefused(broken(serial))).toContain('was changed after it was signed')
    for (const bytes of [Buffer.from('no'), Buffer.alloc(300_000, 0x30), Buffer.from('308006092a', 'hex')])
      expect(await whyRefused({ stamp: () => bytes })).toMatch(/time stamp/)
  })

  const TEXT = Buffer.from('something')
  /** `1.2.840.113549.1.7.1`, plain data. */
  const DATA = Buffer.from('2a864886f70d010701', 'hex')
  const SHA1 = Buffer.from('2b0e03021a', 'hex')
  const CONTENT_TYPE = '1.2.840.113549.1.9.3'
  test.each<[string, (parts: TokenParts) => void, string]>([
    ['nothing forged', () => undefined, ''],
    ['no signed data', ({ token }) => replace(token, 0, DATA), 'is not signed data'],
    [
      'the name of another certificate',
      ({ signerId }) => replace(signerId, 1, Buffer.of(7)),
      'two different certificates',
    ],
    [
      'signed attributes of something else',
      ({ attributes }) => {
        const type = attributes.find((attribute) => part(attribute, 0).toOID() === CONTENT_TYPE)
        if (type !== undefined) replace(part(type, 1), 0, DATA)
      },
      'signs something else than a time',
    ],
    ['another version', ({ info }) => replace(info, 0, Buffer.of(2)), 'unknown version'],
    ['a hash that is not known', ({ info }) => replace(part(info, 2, 0), 0, SHA1), 'SHA-1'],
    ['a digest of something else', ({ info }) => replace(part(info, 2), 1, TEXT), 'is of something else'],
    ['a time that does not exist', ({ info }) => replace(info, 4, Buffer.from('20261322010101Z')), 'does not exist'],
    ['a time without a zone', ({ info }) => replace(info, 4, Buffer.from('20261122010101')), 'has no time'],
    [
      'a time before there were certificates',
      ({ info }) => replace(info, 4, Buffer.from('20201122010101Z')),
      'is valid from',
    ],
    ['a time when they were over', ({ info }) => replace(info, 4, Buffer.from('20991122010101.5Z')), 'expired at'],
  ])('whose authority signed them with %s', async (_, change, words) => {
    const stamp = (signature: Buffer) => forgeToken(workshop.stamp(signature, tsa()), tsa().key, change)
    if (words === '') expect((await ask({ stamp })).trustedBy).toEqual(['anchor'])
    else expect(await whyRefused({ stamp })).toContain(words)
  })

  test('by an authority that breaks the rules itself, or that was not valid then', async () => {
    const loose = workshop.issue({ extensions: ['extendedKeyUsage=critical,timeStamping'] }, tsaRoot())
    expect(await whyRefused(stamped(loose))).toContain('has no keyUsage')
    const short = workshop.issue({ name: 'short', extensions: STAMPER, days: 1 }, tsaRoot())
    const inFiveDays = new Date(Date.now() + 5 * DAY).toISOString().replace(/[-:T]|\.\d+/g, '')
    const stamp = (signature: Buffer) =>
      forgeToken(workshop.stamp(signature, short), short.key, ({ info }) => replace(info, 4, Buffer.from(inFiveDays)))
    expect(await whyRefused({ stamp })).toMatch(/the certificate of CN=short,.* expired at/)
  })

  test('by an authority that nobody trusts for it', async () => {
    const stranger = workshop.issue({ name: 'tsa root' })
    expect(await whyRefused(stamped(), { store: stranger })).toContain('no authority of the tsa store')
    expect(await whyRefused(stamped(), { store: root() })).toContain('no authority of the tsa store')
    // The one between came with the stamp; without it there is no way up.
    expect(await whyRefused(stamped(tsa(), { certificates: [tsa()] }))).toContain('no authority of the tsa store')
  })

  test.each<[string, Wanted, string]>([
    [
      'a time stamping purpose that is not critical',
      { extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=timeStamping'] },
      'not for time stamps and nothing else',
    ],
    [
      'a further purpose',
      { extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=critical,timeStamping,codeSigning'] },
      'not for time stamps and nothing else',
    ],
    [
      'a key that is also for certificates',
      { extensions: ['keyUsage=critical,digitalSignature,keyCertSign', 'extendedKeyUsage=critical,timeStamping'] },
      'keyCertSign',
    ],
    ['no keyUsage', { extensions: ['extendedKeyUsage=critical,timeStamping'] }, 'has no keyUsage'],
    ['SHA-1', { extensions: STAMPER, hash: 'sha1' }, 'SHA-1'],
    ['a short key', { extensions: STAMPER, key: 1024 }, 'too short'],
    ['no purpose', { extensions: ['keyUsage=critical,digitalSignature'] }, 'not for time stamps and nothing else'],
  ])('by somebody with %s', (_, wanted, words) => {
    const by = workshop.issue(wanted, tsaRoot())
    // openssl does not even stamp with some of them.
    const chain = [by, ...by.above].map(({ der }) => parseCertificate(der))
    expect(() => checkChain(chain, 'time stamping')).toThrow(words)
  })

  test('over SHA-1, or that name their certificate by SHA-1 only', async () => {
    expect(await whyRefused(stamped(tsa(), { hash: 'sha1' }))).toContain('SHA-1')
    expect(await whyRefused(stamped(tsa(), { v1: true }))).toContain('signing-certificate-v2')
  })

  test('whose authority could have revoked, as with any other', async () => {
    const revocable = workshop.issue(
      { extensions: [...STAMPER, 'crlDistributionPoints=URI:http://crl.example/x'] },
      tsaRoot(),
    )
    const report = await ask(stamped(revocable))
    expect(report.trustedBy).toEqual([])
    expect(failures(report)).toContain('not checked')
    expect((await ask(stamped(revocable), { changes: { override: { revocation: 'skip' } } })).trustedBy).toEqual([
      'anchor',
    ])
  })

  test('do not make a signer of somebody', async () => {
    const stranger = workshop.issue({ extensions: LEAF }, workshop.issue({}))
    expect(await whyRefused({ by: stranger, ...stamped() })).toContain('none of the certificates is in the store ca')
  })
})
