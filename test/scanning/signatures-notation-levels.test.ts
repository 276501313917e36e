import { afterAll, describe, expect, test } from 'bun:test'
import { LEAF, OPENSSL, type Party, Workshop } from './support/notation-authority.ts'
import { anchor, EXPIRY, failures, makeSignature, verify } from './support/notation-signatures.ts'

const title = 'levels of notation'
const HOUR = 3_600_000

describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  let made: { readonly root: Party; readonly leaf: Party; readonly revocable: Party } | undefined
  const parties = () => {
    if (made === undefined) {
      const root = workshop.issue({ name: 'root' })
      const revocable = [...LEAF, 'crlDistributionPoints=URI:http://crl.example/x']
      made = {
        root,
        leaf: workshop.issue({ name: 'leaf' }, root),
        revocable: workshop.issue({ name: 'revocable', extensions: revocable }, root),
      }
    }
    return made
  }

  /** Ways to fail one validation each; whether the levels then still trust it. */
  test.each<[string, { readonly strict: boolean; readonly permissive: boolean; readonly audit: boolean }]>([
    ['nothing is wrong', { strict: true, permissive: true, audit: false }],
    ['authenticity', { strict: false, permissive: false, audit: false }],
    ['authentic timestamp', { strict: false, permissive: true, audit: false }],
    ['expiry', { strict: false, permissive: true, audit: false }],
    ['revocation', { strict: false, permissive: true, audit: false }],
    ['integrity', { strict: false, permissive: false, audit: false }],
  ])('%s', async (what, expected) => {
    const { root, leaf, revocable } = parties()
    const signature = makeSignature('cose', {
      by: what === 'revocation' ? revocable : leaf,
      ...(what === 'expiry' ? { attributes: { [EXPIRY]: new Date(Date.now() - 5000) } } : {}),
      ...(what === 'integrity' ? { key: revocable.key } : {}),
    })
    const identities = what === 'authenticity' ? ['x509.subject: C=US, ST=WA, O=other'] : ['*']
    const anchors = (['strict', 'permissive', 'audit'] as const).map((level) => ({
      ...anchor(root, { level, identities }),
      name: level,
    }))
    const now = what === 'authentic timestamp' ? new Date(Date.now() + 31 * 24 * HOUR) : new Date()
    const report = await verify(signature, { anchors, now })
    expect(report.trustedBy).toEqual(Object.keys(expected).filter((level) => Reflect.get(expected, level)))
    // What is only logged is said all the same.
    if (what in { authenticity: 1, 'authentic timestamp': 1, expiry: 1, revocation: 1 })
      for (const level of ['strict', 'permissive', 'audit']) expect(failures(report)).toContain(`${level}: ${what}: `)
  })

  test('what cannot be checked says that it was not, and what would accept it', async () => {
    const { root, revocable } = parties()
    const signature = makeSignature('jws', { by: revocable })
    const ask = (override: object) => verify(signature, { anchors: [anchor(root, { override })] })
    const strict = await ask({})
    expect(failures(strict)).toMatch(/^anchor: revocation: not checked: CN=revocable.*may have been revoked/)
    for (const revocation of ['log', 'skip']) {
      const report = await ask({ revocation })
      expect(report.trustedBy).toEqual(['anchor'])
      expect(failures(report)).toContain('anchor: revocation: not checked: ')
    }
  })

  test('an authenticity that is only logged trusts nobody, whoever signed', async () => {
    const { root, leaf } = parties()
    const stranger = workshop.issue({ name: 'stranger', extensions: LEAF })
    const body = { override: { authenticity: 'log' } }
    for (const by of [leaf, stranger])
      expect((await verify(makeSignature('jws', { by }), { anchors: [anchor(root, body)] })).trustedBy).toEqual([])
    const enforced = anchor(root, { level: 'audit', override: { authenticity: 'enforce' } })
    expect((await verify(makeSignature('jws', { by: leaf }), { anchors: [enforced] })).trustedBy).toEqual(['anchor'])
  })
})
