import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { Effort } from '../../src/trust/effort.ts'
import { keyDigest } from '../../src/trust/public-key.ts'
import type { Subject, TrustAnchor } from '../../src/trust/signature.ts'
import { verifySignatures } from '../../src/trust/verify-signatures.ts'
import { BUNDLE, type LayerToPut, MemoryPlace, SIMPLE_SIGNING } from './support/memory-place.ts'
import { OPENSSL, Workshop } from './support/notation-authority.ts'
import { envelope, keyBundle, statement } from './support/private-sigstore.ts'

setDefaultTimeout(30_000)

const MIB = 1024 * 1024
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [alice, eve] = [pair(), pair()]
const pem = alice.publicKey.export({ type: 'spki', format: 'pem' })
const ANCHORS: readonly TrustAnchor[] = [{ name: 'alice', kind: 'cosign-key', body: { publicKey: pem } }]

async function look(place: MemoryPlace, subject: Subject) {
  const effort = new Effort()
  const trust = { anchors: ANCHORS, now: new Date() }
  const report = await verifySignatures(place, subject, trust, { ms: 60_000, effort })
  const by = report.signatures.filter(({ trustedBy }) => trustedBy.includes('alice'))
  return { ...report, by, spent: effort.spent }
}

const bundle = (key: KeyObject, subject: Subject, type?: string): LayerToPut => ({
  mediaType: BUNDLE,
  content: keyBundle(envelope(key, statement(subject.digest, type))),
})

function simple(key: KeyObject, subject: Subject, note: string): LayerToPut {
  const critical = {
    identity: { 'docker-reference': note },
    image: { 'docker-manifest-digest': subject.digest },
    type: 'cosign container image signature',
  }
  const content = JSON.stringify({ critical, optional: null })
  const signature = sign('sha256', Buffer.from(content), key).toString('base64')
  return { mediaType: SIMPLE_SIGNING, content, annotations: { 'dev.cosignproject.cosign/signature': signature } }
}

/** What says that it was made with the trusted key, and was not. */
const forged = (subject: Subject): LayerToPut => ({
  mediaType: BUNDLE,
  content: JSON.stringify({
    mediaType: BUNDLE,
    verificationMaterial: { publicKey: { hint: keyDigest(alice.publicKey).toString('base64') } },
    dsseEnvelope: envelope(eve.privateKey, statement(subject.digest)).dsseEnvelope,
  }),
})

describe('what somebody else puts beside a good signature does not hide it', () => {
  test.each<[string, (place: MemoryPlace, subject: Subject) => void]>([
    [
      'junk under the tag of signatures',
      (place, subject) =>
        place.tag(
          subject,
          '.sig',
          Array.from({ length: 32 }, (_, n) => simple(eve.privateKey, subject, `${n}`)),
        ),
    ],
    [
      'referrers of anything',
      (place, subject) => {
        for (let n = 0; n < 1000; n++) place.refer(subject, [{ mediaType: BUNDLE, content: `${n}` }])
      },
    ],
    [
      'referrers that say they are of the key',
      (place, subject) => {
        for (let n = 0; n < 200; n++) place.refer(subject, [forged(subject)])
      },
    ],
    [
      'referrers of another key',
      (place, subject) => {
        for (let n = 0; n < 200; n++) place.refer(subject, [bundle(eve.privateKey, subject)])
      },
    ],
    [
      'statements',
      (place, subject) => {
        for (let n = 0; n < 100; n++)
          place.refer(subject, [bundle(alice.privateKey, subject, `https://type.test/${n}`)])
      },
    ],
    [
      'large referrers',
      (place, subject) => {
        for (let n = 0; n < 40; n++)
          place.refer(subject, [{ mediaType: BUNDLE, content: Buffer.alloc(256 * 1024 - n, ' ') }])
      },
    ],
  ])('before and after it: %s', async (_, crowd) => {
    for (const isFirst of [true, false]) {
      const place = new MemoryPlace()
      const subject = place.subject('app')
      if (isFirst) place.refer(subject, [bundle(alice.privateKey, subject)])
      crowd(place, subject)
      if (!isFirst) place.refer(subject, [bundle(alice.privateKey, subject)])
      const { by, signatures } = await look(place, subject)
      expect(by.filter(({ predicateType }) => predicateType === undefined)).toHaveLength(1)
      expect(signatures.length).toBeLessThanOrEqual(64)
    }
  })

  test('and in one manifest, on either side of it', async () => {
    for (const at of [0, 40]) {
      const place = new MemoryPlace()
      const subject = place.subject('app')
      const layers = Array.from({ length: 40 }, (_, n) => simple(eve.privateKey, subject, `${n}`))
      place.tag(subject, '.sig', layers.toSpliced(at, 0, simple(alice.privateKey, subject, 'good')))
      const { by, problems } = await look(place, subject)
      expect(by).toHaveLength(1)
      expect(problems.join()).toContain('41 signatures')
    }
  })
})

describe('what is looked at has an end', () => {
  const hostile = (bytes: number) => ({
    keys: `{${Array.from({ length: bytes / 12 }, (_, n) => `"${n}":1`).join()}}`.slice(0, bytes),
    objects: `{"x":[${'{},'.repeat(bytes / 3 - 10)}{}]}`,
    spaces: ' '.repeat(bytes),
  })

  test('one blob named by many layers is parsed once', async () => {
    for (const content of Object.values(hostile(250_000))) {
      const place = new MemoryPlace()
      const subject = place.subject('app')
      place.refer(
        subject,
        Array.from({ length: 32 }, (_, n) => ({ mediaType: BUNDLE, content, annotations: { n: `${n}` } })),
      )
      const { spent, signatures } = await look(place, subject)
      expect(signatures).toHaveLength(1)
      expect(spent.bytes).toBeLessThan(2 * 250_000)
    }
  })

  test('of blobs of 4 MiB nothing is parsed, whatever their manifests say', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    place.refer(
      subject,
      Array.from({ length: 4 }, (_, n) => ({ mediaType: BUNDLE, content: ' '.repeat(4 * MIB - n) })),
    )
    expect((await look(place, subject)).spent.bytes).toBeLessThan(10_000)
  })

  test('of everything together less than 8 MiB is parsed, others have their turns, and keys are asked so often', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    for (let n = 0; n < 300; n++)
      place.refer(subject, [{ mediaType: BUNDLE, content: hostile(200_000).objects.replace('x', `x${n}`) }])
    for (const ending of ['.sig', '.att'])
      place.tag(
        subject,
        ending,
        Array.from({ length: 900 }, (_, n) => simple(eve.privateKey, subject, 'n'.repeat(n))),
      )
    let turns = 0
    const turn = () => {
      turns++
      timer = setImmediate(turn)
    }
    let timer = setImmediate(turn)
    const { spent } = await look(place, subject)
    clearImmediate(timer)
    expect(spent.bytes).toBeLessThan(8 * MIB)
    expect(spent.cost).toBeLessThan(1000)
    expect(spent.rests).toBeGreaterThan(20)
    expect(turns).toBeGreaterThan(2)
  })

  test('when it is over, nothing more is begun', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    for (let n = 0; n < 20; n++) place.refer(subject, [bundle(alice.privateKey, subject)])
    let read = 0
    const blob = place.blob
    place.blob = (digest) => {
      read++
      return blob(digest)
    }
    const trust = { anchors: ANCHORS, now: new Date() }
    const { problems } = await verifySignatures(place, subject, trust, {
      ms: 60_000,
      effort: new Effort(() => read >= 5),
    })
    expect(read).toBe(5)
    expect(problems.join()).toContain('the time for looking at signatures is over')
  })
})

const title = 'a bundle of a trusted key with a certificate'
describe.skipIf(OPENSSL === undefined)(OPENSSL === undefined ? `${title}: openssl is not installed` : title, () => {
  const judged = async (rawBytes: string) => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    const { dsseEnvelope } = envelope(alice.privateKey, statement(subject.digest))
    const verificationMaterial = { certificate: { rawBytes }, tlogEntries: [] }
    place.refer(subject, [
      { mediaType: BUNDLE, content: JSON.stringify({ mediaType: BUNDLE, verificationMaterial, dsseEnvelope }) },
    ])
    const [only] = (await look(place, subject)).signatures
    return { trustedBy: only?.trustedBy, failed: only?.checks.filter(({ ok }) => !ok) }
  }

  test('counts when it is of that key, and proves nothing when it is of another, or none', async () => {
    const workshop = new Workshop()
    try {
      const der = (key: KeyObject) => new X509Certificate(workshop.issue({ key }).pem).raw.toString('base64')
      expect(await judged(der(alice.privateKey))).toEqual({ trustedBy: ['alice'], failed: [] })
      for (const raw of [der(eve.privateKey), Buffer.from('garbage').toString('base64')]) {
        const { trustedBy, failed } = await judged(raw)
        expect(trustedBy).toEqual([])
        expect(failed).toMatchObject([
          { name: 'certificate', detail: expect.stringContaining('one of both is not true') },
        ])
      }
    } finally {
      workshop.close()
    }
  })
})
