import { afterAll, describe, expect, test } from 'bun:test'
import { LEAF, OPENSSL, type Party, ROOT, type Wanted, Workshop } from './support/notation-authority.ts'
import { anchor, type Asking, failures, makeSignature, type Signing, verify } from './support/notation-signatures.ts'

const title = 'certificates of signatures of notation'

describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  const parties = new Map<string, Party>()
  const once = (name: string, make: () => Party): Party => {
    const party = parties.get(name) ?? make()
    parties.set(name, party)
    return party
  }
  const root = () => once('root', () => workshop.issue({ name: 'root' }))
  const leafWith = (...extensions: readonly string[]) => workshop.issue({ name: 'leaf', extensions }, root())
  const ask = (signing: Signing, asking: Partial<Asking> = {}) =>
    verify(makeSignature('jws', signing), { anchors: [anchor(root())], ...asking })
  const whyRefused = async (signing: Signing, asking?: Partial<Asking>) => {
    const report = await ask(signing, asking)
    expect(report.trustedBy).toEqual([])
    return failures(report)
  }

  const USAGE = 'keyUsage=critical,digitalSignature'

  test.each<[string, readonly string[], string]>([
    ['no keyUsage', ['basicConstraints=CA:false'], 'has no keyUsage'],
    ['a keyUsage that is not critical', ['keyUsage=digitalSignature'], 'is not marked critical'],
    ['a keyUsage without signatures', ['keyUsage=critical,nonRepudiation'], 'is not for signatures'],
    ['the CA bit', [USAGE, 'basicConstraints=critical,CA:true'], 'is marked as an authority'],
    ...['keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign'].map(
      (also): [string, readonly string[], string] => [also, [`${USAGE},${also}`], `is also for ${also}`],
    ),
    ['decipherOnly', [`${USAGE},decipherOnly`], 'is also for decipherOnly'],
    ...['serverAuth', 'clientAuth', 'emailProtection', 'timeStamping', 'OCSPSigning', 'anyExtendedKeyUsage'].map(
      (also): [string, readonly string[], string] => [
        also,
        [USAGE, `extendedKeyUsage=codeSigning,${also}`],
        `is for ${also} (extendedKeyUsage)`,
      ],
    ),
  ])('a leaf with %s', async (_, extensions, words) => {
    expect(await whyRefused({ by: leafWith(...extensions) })).toContain(words)
  })

  test('a leaf may do without extendedKeyUsage, and have extensions that nobody reads', async () => {
    const extensions = [USAGE, 'nsComment=anything', 'subjectAltName=DNS:example.com']
    const report = await ask({ by: leafWith(...extensions) })
    expect(failures(report)).toBe('')
    expect(report.trustedBy).toEqual(['anchor'])
  })

  test.each<[string, Wanted, string]>([
    ['SHA-1', { hash: 'sha1' }, 'signed with SHA-1'],
    ['a key of RSA with 1024 bits', { key: 1024 }, 'too short'],
    ['a key of RSA with 2304 bits', { key: 2304 }, 'of a kind or size that notation does not sign with'],
    ['a key of another kind', { key: 'ed25519' }, 'of a kind or size that notation does not sign with'],
  ])('a leaf with %s', async (_, wanted, words) => {
    const by = workshop.issue(wanted, root())
    // Nothing can be signed with such a key here, and it does not come to that.
    const key = by.key.asymmetricKeyType === 'ed25519' ? root().key : by.key
    expect(await whyRefused({ by, key })).toContain(words)
  })

  test.each<[string, Wanted, string]>([
    ['SHA-1', { hash: 'sha1' }, 'signed with SHA-1'],
    ['a short key', { key: 1024 }, 'too short'],
    ['no basicConstraints', { extensions: ['keyUsage=critical,keyCertSign'] }, 'not marked as an authority'],
    [
      'basicConstraints of a leaf',
      { extensions: ['basicConstraints=critical,CA:false', 'keyUsage=critical,keyCertSign'] },
      'not marked as an authority',
    ],
    [
      'basicConstraints that are not critical',
      { extensions: ['basicConstraints=CA:true', 'keyUsage=critical,keyCertSign'] },
      'not marked as an authority',
    ],
    ['no keyUsage', { extensions: ['basicConstraints=critical,CA:true'] }, 'has no keyUsage'],
    [
      'a keyUsage that is not critical',
      { extensions: ['basicConstraints=critical,CA:true', 'keyUsage=keyCertSign'] },
      'not marked critical',
    ],
    [
      'a keyUsage without certificates',
      { extensions: ['basicConstraints=critical,CA:true', 'keyUsage=critical,cRLSign'] },
      'keyCertSign',
    ],
  ])('an authority between with %s', async (_, wanted, words) => {
    const between = workshop.issue({ extensions: ROOT, ...wanted }, root())
    expect(await whyRefused({ by: workshop.issue({}, between) })).toContain(words)
  })

  test('a root with SHA-1', async () => {
    const old = workshop.issue({ hash: 'sha1', key: 2048 })
    expect(await whyRefused({ by: workshop.issue({}, old) }, { anchors: [anchor(old)] })).toContain('SHA-1')
  })

  test('more authorities below one than it allows', async () => {
    const first = workshop.issue(
      { extensions: ['basicConstraints=critical,CA:true,pathlen:0', 'keyUsage=critical,keyCertSign'] },
      root(),
    )
    const second = workshop.issue({ extensions: ROOT }, first)
    expect(await whyRefused({ by: workshop.issue({}, second) })).toContain(
      'allows 0 authorities below it, and there are 1',
    )
  })

  test('a chain in which one is missing, twice, a stranger, or in another order', async () => {
    const between = once('between', () => workshop.issue({ name: 'between', extensions: ROOT }, root()))
    const by = once('leaf', () => workshop.issue({ name: 'leaf' }, between))
    const stranger = workshop.issue({ name: 'stranger' })
    expect(failures(await ask({ by }))).toBe('')
    const chains: readonly (readonly [readonly Party[], string])[] = [
      [[by], 'not complete'],
      [[by, between], 'not complete'],
      [[by, root()], 'not issued by the next'],
      [[between, by, root()], 'not issued by the next'],
      [[by, root(), between], 'signed itself, and is not the last'],
      [[by, between, stranger], 'not issued by the next'],
      [[by, between, root(), root()], 'signed itself, and is not the last'],
      [[by, between, root(), stranger], 'signed itself, and is not the last'],
      [[], 'envelope'],
      [Array.from({ length: 9 }, () => by), 'more than 8 certificates'],
    ]
    for (const [chain, words] of chains) expect(await whyRefused({ by, chain })).toContain(words)
  })

  test('somebody else of the same name is not the issuer', async () => {
    const impostor = workshop.issue({ name: 'root' })
    const by = workshop.issue({}, impostor)
    expect(await whyRefused({ by })).toContain('none of the certificates is in the store ca')
    expect(await whyRefused({ by, chain: [by, root()] })).toContain('not issued by the next')
  })

  test('the same key under another name is not the issuer', async () => {
    const other = workshop.issue({ name: 'other', key: root().key })
    const by = once('leaf of root', () => leafWith(...LEAF))
    const asking = { anchors: [anchor(other)] }
    expect(await whyRefused({ by, chain: [by, other] }, asking)).toContain('not issued by the next')
  })

  test('a lone certificate that signed itself is as a leaf, and is trusted by itself', async () => {
    const self = workshop.issue({ name: 'self', extensions: [USAGE] })
    const report = await ask({ by: self }, { anchors: [anchor(self)] })
    expect(failures(report)).toBe('')
    expect(report.trustedBy).toEqual(['anchor'])
    expect(await whyRefused({ by: self })).toContain('none of the certificates')
    expect(await whyRefused({ by: root() })).toContain('is marked as an authority')
  })

  test('the store of the other scheme, and of time stamps, does not count', async () => {
    const by = once('leaf of root', () => leafWith(...LEAF))
    for (const other of [{ signingAuthority: [root().pem] }, { ca: [workshop.issue({}).pem], tsa: [root().pem] }])
      expect(await whyRefused({ by }, { anchors: [anchor(root(), { certificates: other })] })).toContain(
        'in the store ca',
      )
  })

  describe('identities', () => {
    const subject = '/C=US/ST=WA/L=Seattle/O=example\\, Inc./OU=Build/CN=ci'
    const by = () => once('named', () => workshop.issue({ subject }, root()))
    const named = (...identities: readonly string[]) => ({ anchors: [anchor(root(), { identities })] })

    test.each([
      'x509.subject: C=US, ST=WA, O=example\\, Inc.',
      'x509.subject:CN=ci,O=example\\, Inc.,S=WA,C=US',
      'x509.subject: C=US, ST=WA, L=Seattle, O=example\\2c Inc., OU=Build, CN=ci',
    ])('%s', async (identity) => {
      expect((await ask({ by: by() }, named(identity))).trustedBy).toEqual(['anchor'])
    })

    test.each([
      ['another value', 'x509.subject: C=US, ST=WA, O=other'],
      ['a part of a value', 'x509.subject: C=US, ST=WA, O=example'],
      ['a part of a word', 'x509.subject: C=US, ST=WA, O=example\\, Inc., CN=c'],
      ['another case', 'x509.subject: C=US, ST=wa, O=example\\, Inc.'],
      ['more than the subject has', 'x509.subject: C=US, ST=WA, O=example\\, Inc., STREET=1'],
    ])('%s does not match', async (_, identity) => {
      expect(await whyRefused({ by: by() }, named(identity))).toContain('is none of the identities')
    })

    test('a value that looks like several attributes is one value', async () => {
      const tricky = workshop.issue({ subject: '/C=DE/ST=BE/O=evil/CN=x,O=example,ST=WA,C=US' }, root())
      expect(await whyRefused({ by: tricky }, named('x509.subject: C=US, ST=WA, O=example'))).toContain('identities')
    })

    test('an attribute that is there twice, or two in one place, match nothing', async () => {
      const twice = workshop.issue({ subject: '/C=US/ST=WA/O=evil/O=example' }, root())
      const together = workshop.issue({ subject: '/C=US/ST=WA/O=example+CN=x' }, root())
      for (const party of [twice, together])
        expect(await whyRefused({ by: party }, named('x509.subject: C=US, ST=WA, O=example'))).toContain('identities')
    })
  })
})
