import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Effort } from '../../src/trust/effort.ts'
import type { TrustAnchor } from '../../src/trust/signature.ts'
import { OPENSSL, type Party, ROOT, STAMPER, Workshop } from './support/notation-authority.ts'
import {
  anchor,
  digestOf,
  type Enveloped,
  makeSignature,
  signatureManifest,
  SUBJECT,
  verifyManifest,
} from './support/notation-signatures.ts'

setDefaultTimeout(60_000)

const title = 'what signatures of notation take'
/** Of one key of P-521, in the measure that is counted in. */
const P521 = 16

describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  const named = (issuer?: Party, extensions = ROOT) =>
    workshop.issue({ subject: '/C=US/ST=WA/O=example/CN=T', key: 'P-521', extensions }, issuer)

  const root = workshop.issue({ name: 'root' })
  const leaf = workshop.issue({ name: 'leaf' }, root)
  /** All of one name: each may have issued each. */
  const clocks = Array.from({ length: 16 }, () => named())
  const strangers = Array.from({ length: 6 }, () => named())
  const clock = named(named(), STAMPER)
  const stamp = (signature: Buffer) => workshop.stamp(signature, clock, { certificates: [clock, ...strangers] })
  const anchorsOf = (count: number, ca = root): readonly TrustAnchor[] =>
    Array.from({ length: count }, (_, n) => ({
      ...anchor(ca, { certificates: { ca: [ca.pem], tsa: clocks.map(({ pem }) => pem) } }),
      name: `anchor${n}`,
    }))

  async function look(signature: Enveloped, anchors: readonly TrustAnchor[]) {
    const effort = new Effort()
    const { bytes } = signature
    const read = async (digest: string) => (digest === digestOf(bytes) ? bytes : undefined)
    const asked = { anchors, now: new Date(), read, effort }
    const [report] = await verifyManifest(SUBJECT, signatureManifest(signature), asked)
    const checks = report?.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`) ?? []
    return { ...effort.spent, checks, trustedBy: report?.trustedBy }
  }

  test('many of one name are not all held against all', async () => {
    const { cost, rests, checks, trustedBy } = await look(makeSignature('jws', { by: leaf, stamp }), anchorsOf(20))
    expect(trustedBy).toEqual([])
    expect(checks.filter((check) => check.includes('takes too long'))).toHaveLength(20)
    expect(cost).toBeLessThan(20 * 20 * P521)
    expect(rests).toBeGreaterThanOrEqual(20)
  })

  test('a time stamp is opened once, however many are trusted', async () => {
    const signature = makeSignature('jws', { by: leaf, stamp: () => Buffer.from('3000', 'hex') })
    const [one, many] = [await look(signature, anchorsOf(1)), await look(signature, anchorsOf(20))]
    expect(many.cost).toBe(one.cost)
    const honest = workshop.issue({ name: 'clock', key: 'P-521', extensions: STAMPER }, root)
    const good = makeSignature('jws', { by: leaf, stamp: (bytes) => workshop.stamp(bytes, honest) })
    const trusting = (count: number) =>
      Array.from({ length: count }, (_, n) => ({
        ...anchor(root, { certificates: { ca: [root.pem], tsa: [root.pem] } }),
        name: `${n}`,
      }))
    const first = await look(good, trusting(1))
    const both = await look(good, trusting(2))
    const nine = await look(good, trusting(9))
    expect([first.trustedBy, both.trustedBy]).toEqual([['0'], ['0', '1']])
    // Each further one takes the same, and less than the first: the stamp's own key is not asked again.
    expect(nine.cost - both.cost).toBe(7 * (both.cost - first.cost))
    expect(first.cost).toBeGreaterThanOrEqual(both.cost - first.cost + P521)
  })

  test('of somebody who is not trusted no time stamp is looked at', async () => {
    const stranger = workshop.issue({ name: 'stranger' })
    const signature = makeSignature('jws', { by: leaf, stamp })
    const { cost, checks } = await look(signature, anchorsOf(20, stranger))
    expect(checks).toHaveLength(20)
    expect(checks.every((check) => check.includes(': authenticity: none of the certificates'))).toBe(true)
    expect(cost).toBeLessThan(P521)
  })
})
