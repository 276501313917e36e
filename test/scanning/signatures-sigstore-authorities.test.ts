import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { parseAnchor } from '../../src/trust/parse-anchor.ts'
import type { TrustAnchor } from '../../src/trust/signature.ts'
import { verifySignatures } from '../../src/trust/verify-signatures.ts'
import { BUNDLE, MemoryPlace } from './support/memory-place.ts'
import { OPENSSL, type Party, ROOT, type Wanted, Workshop } from './support/notation-authority.ts'
import { certificateBundle, envelope, statement } from './support/private-sigstore.ts'

setDefaultTimeout(30_000)

const title = 'authorities of trusted roots'
const IDENTITY = 'ci@example.test'
const SIGNER = [
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=codeSigning',
  `subjectAltName=email:${IDENTITY}`,
]

describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())

  const authority = (wanted: Wanted, issuer?: Party) => workshop.issue({ extensions: ROOT, ...wanted }, issuer)
  const chainOf = (...chain: readonly Party[]) => ({
    certChain: { certificates: chain.map(({ der }) => ({ rawBytes: der.toString('base64') })) },
    validFor: { start: '2020-01-01T00:00:00Z' },
  })
  const bodyOf = (...certificateAuthorities: readonly ReturnType<typeof chainOf>[]) => ({
    trustedRoot: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      ...{ tlogs: [], ctlogs: [], timestampAuthorities: [], certificateAuthorities },
    },
    identity: IDENTITY,
  })
  /** Two that certify each other: there is no way up that ends. */
  const circle = () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const [one, two] = [
      { subject: '/O=circle/CN=one', key },
      { subject: '/O=circle/CN=two', key },
    ]
    return [authority(one, authority(two)), authority(two, authority(one))] as const
  }
  const judge = async (body: unknown, by: Party) => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    const content = certificateBundle(by, envelope(by.key, statement(subject.digest)))
    place.refer(subject, [{ mediaType: BUNDLE, content }])
    const anchors: TrustAnchor[] = [{ name: 'us', kind: 'sigstore', body }]
    const { signatures } = await verifySignatures(place, subject, { anchors, now: new Date() })
    const [only] = signatures
    return { trustedBy: only?.trustedBy, failed: only?.checks.filter(({ ok }) => !ok).map(({ detail }) => detail) }
  }

  const root = authority({ name: 'root' })
  const middle = authority({ name: 'middle' }, root)
  const low = authority({ name: 'low' }, middle)
  const stranger = authority({ name: 'stranger' })

  test('are chains up to a root', async () => {
    const body = (await parseAnchor('sigstore', bodyOf(chainOf(low, middle, root), chainOf(stranger)))).body
    const leaf = workshop.issue({ extensions: SIGNER }, low)
    expect(await judge(body, leaf)).toEqual({ trustedBy: ['us'], failed: [] })
    expect((await judge(body, workshop.issue({ extensions: SIGNER }, root))).trustedBy).toEqual(['us'])
  })

  test.each<[string, () => readonly Party[]]>([
    ['that certify each other', circle],
    ['with such a pair above', () => [authority({ name: 'below' }, circle()[0]), ...circle()]],
    ['without the root', () => [low, middle]],
    ['without one between', () => [low, root]],
    ['the other way round', () => [root, middle]],
    ['with one twice', () => [middle, middle, root]],
    ['with the root twice', () => [middle, root, root]],
    ['with two that issued one', () => [low, middle, authority({ name: 'middle', key: middle.key }, root), root]],
    ['with a stranger', () => [stranger, root]],
    ['with one that only bears the name', () => [middle, authority({ subject: '/C=US/ST=WA/O=example/CN=root' })]],
    ['of nine', () => [low, middle, root, low, middle, root, low, middle, root]],
  ])('are refused %s, and count for nothing where they were written down before', async (_, chain) => {
    const body = bodyOf(chainOf(...chain()))
    await expect(parseAnchor('sigstore', body)).rejects.toThrow('trusted root')
    const by = workshop.issue({ extensions: SIGNER }, chain()[0])
    const { trustedBy, failed } = await judge(body, by)
    expect(trustedBy).toEqual([])
    expect(failed?.join()).toContain('trusted root')
  })

  test('are counted', async () => {
    const eight = Array.from({ length: 7 }).reduce<readonly Party[]>(
      ([last, ...above]) => [authority({}, last), ...(last === undefined ? [] : [last]), ...above],
      [root],
    )
    await parseAnchor('sigstore', bodyOf(chainOf(...eight)))
    const several = (count: number) =>
      Array.from({ length: count }, () => chainOf(authority({}, eight[1]), ...eight.slice(1)))
    await expect(parseAnchor('sigstore', bodyOf(...several(9)))).rejects.toThrow('72 certificates')
    await expect(parseAnchor('sigstore', bodyOf(...Array.from({ length: 17 }, () => chainOf(root))))).rejects.toThrow(
      'certificateAuthorities',
    )
    await expect(parseAnchor('sigstore', bodyOf(chainOf(root), chainOf(root)))).rejects.toThrow('twice')
  })

  test('do not come from a signature: with their name or key it would be above itself', async () => {
    const body = (await parseAnchor('sigstore', bodyOf(chainOf(middle, root)))).body
    const subject = '/C=US/ST=WA/O=example/CN=root'
    const evil = workshop.issue({ subject, key: root.key, extensions: SIGNER }, middle)
    const { trustedBy, failed } = await judge(body, evil)
    expect(trustedBy).toEqual([])
    expect(failed?.join()).toContain('of an authority')
  })
})
