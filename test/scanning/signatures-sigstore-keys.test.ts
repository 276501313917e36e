import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isEncryptedKey, makeKeyPair, readPrivateKey } from '../../src/trust/cosign/key-file.ts'
import { parseAnchor } from '../../src/trust/parse-anchor.ts'
import { sourcePlace } from '../../src/trust/places.ts'
import type { Subject, TrustAnchor } from '../../src/trust/signature.ts'
import { publicGoodRoot } from '../../src/trust/sigstore/trusted-root.ts'
import { verifySignatures } from '../../src/trust/verify-signatures.ts'
import { BUNDLE, digestOf, type LayerToPut, MemoryPlace, SIMPLE_SIGNING } from './support/memory-place.ts'
import { envelope, IN_TOTO, keyBundle, statement } from './support/private-sigstore.ts'

setDefaultTimeout(30_000)

type Pair = ReturnType<typeof pair>
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [alice, bob, eve] = [pair(), pair(), pair()]
const now = new Date()

function anchor(name: string, { publicKey }: Pair): TrustAnchor {
  return { name, kind: 'cosign-key', body: { publicKey: publicKey.export({ type: 'spki', format: 'pem' }) } }
}

const ANCHORS = [anchor('alice', alice), anchor('bob', bob)]
const verify = (place: MemoryPlace, subject: Subject) => verifySignatures(place, subject, { anchors: ANCHORS, now })

function bundle(key: KeyObject, payload: string, payloadType?: string): LayerToPut {
  return { mediaType: BUNDLE, content: keyBundle(envelope(key, payload, payloadType)) }
}

interface Payload {
  readonly type?: string
  readonly digest: string
}

function simple(key: KeyObject, { type = 'cosign container image signature', digest }: Payload): LayerToPut {
  const critical = { identity: {}, image: { 'docker-manifest-digest': digest }, type }
  const content = JSON.stringify({ critical, optional: null })
  const signature = sign('sha256', Buffer.from(content), key).toString('base64')
  return { mediaType: SIMPLE_SIGNING, content, annotations: { 'dev.cosignproject.cosign/signature': signature } }
}

describe('bundles with keys', () => {
  async function judged(...layers: readonly LayerToPut[]) {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    place.refer(subject, layers)
    return (await verify(place, subject)).signatures
  }
  const { digest } = new MemoryPlace().subject('app')
  const other = new MemoryPlace().subject('other')

  test('of somebody who is trusted', async () => {
    const [found] = await judged(bundle(alice.privateKey, statement(digest)))
    expect(found).toMatchObject({ format: 'sigstore-bundle', trustedBy: ['alice'] })
    expect(found?.predicateType).toBeUndefined()
    expect(found?.signer.name).toStartWith('key sha256:')
  })

  test('of somebody else', async () => {
    expect(await judged(bundle(eve.privateKey, statement(digest)))).toMatchObject([{ trustedBy: [] }])
  })

  test('a statement is no signature', async () => {
    const type = 'https://slsa.dev/provenance/v1'
    const [found] = await judged(bundle(alice.privateKey, statement(digest, type)))
    expect(found).toMatchObject({ predicateType: type, trustedBy: ['alice'] })
  })

  test.each([
    ['about another digest', () => bundle(alice.privateKey, statement(other.digest)), 'subject'],
    ['of another type of payload', () => bundle(alice.privateKey, statement(digest), 'text/plain'), 'form'],
    ['of no statement', () => bundle(alice.privateKey, `{"subject":["${digest}"]}`), 'form'],
    [
      'of a statement of another type',
      () => bundle(alice.privateKey, statement(digest).replace('in-toto.io/Statement', 'example.com/Other')),
      'form',
    ],
    [
      'that names the subject twice over',
      () =>
        bundle(
          alice.privateKey,
          statement(other.digest).replace('{', `{"subject":[{"digest":{"sha256":"${digest.slice(7)}"}}],`),
        ),
      'form',
    ],
  ])('is refused, signed by whoever is trusted: %s', async (_, layer, check) => {
    const [found] = await judged(layer())
    expect(found?.trustedBy).toEqual([])
    expect(found?.checks.find(({ ok }) => !ok)?.name).toBe(check)
  })

  test('whose payload was changed, and with two signatures', async () => {
    const signed = envelope(alice.privateKey, statement(other.digest))
    const changed = { ...signed.dsseEnvelope, payload: Buffer.from(statement(digest)).toString('base64') }
    const twice = {
      ...envelope(alice.privateKey, statement(digest)).dsseEnvelope,
      signatures: [{ sig: 'AAAA' }, ...signed.dsseEnvelope.signatures],
    }
    for (const dsseEnvelope of [changed, twice])
      expect(await judged({ mediaType: BUNDLE, content: keyBundle({ dsseEnvelope }) })).toMatchObject([
        { trustedBy: [] },
      ])
  })

  test('about too many things', async () => {
    const many = JSON.parse(statement(digest)) as { subject: unknown[] }
    many.subject = [...Array.from({ length: 1024 }, () => ({ digest: { sha256: '0' } })), ...many.subject]
    expect(await judged(bundle(alice.privateKey, JSON.stringify(many)))).toMatchObject([{ trustedBy: [] }])
  })

  test('what is no bundle is no signature, and breaks nothing', async () => {
    const nested = '['.repeat(100_000)
    for (const content of ['', 'null', '{}', '[]', nested, '{"mediaType":1}', `{"mediaType":"${BUNDLE}"}`, '\uffff'])
      expect(await judged({ mediaType: BUNDLE, content }, bundle(alice.privateKey, statement(digest)))).toMatchObject([
        { trustedBy: [] },
        { trustedBy: ['alice'] },
      ])
  })

  test('what makes millions of complaints costs little', async () => {
    const zeros = `[${'0,'.repeat(1_900_000)}0]`
    const payload = (json: string) => Buffer.from(json).toString('base64')
    const inside = statement(digest).replace(/"subject":\[.*?\]/, `"subject":${zeros.slice(0, 2_000_000)}0]`)
    const enveloped = (signatures: string, body = 'e30=') =>
      `{"mediaType":"${BUNDLE}","verificationMaterial":{"publicKey":{"hint":""}},"dsseEnvelope":{"payload":"${body}","payloadType":"${IN_TOTO}","signatures":${signatures}}}`
    const contents = [
      `{"mediaType":"${BUNDLE}","verificationMaterial":{"tlogEntries":${zeros}}}`,
      `{"mediaType":"${BUNDLE}","verificationMaterial":{"tlogEntries":[{"inclusionProof":{"hashes":${zeros}}}]}}`,
      enveloped(zeros),
      enveloped('[{"sig":"AAAA"}]', payload(inside)),
    ]
    const before = process.memoryUsage().rss
    const found = await judged(...contents.map((content) => ({ mediaType: BUNDLE, content })))
    expect(found.map(({ trustedBy, checks: [first] }) => [trustedBy, first?.ok])).toEqual(
      contents.map(() => [[], false]),
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024)
  })

  test('of a message are about the manifest’s own bytes', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    const manifest = await place.manifest(subject.digest)
    const bytes = manifest?.content ?? new Uint8Array()
    const message = (content: Uint8Array, said: Uint8Array) =>
      JSON.stringify({
        mediaType: BUNDLE,
        verificationMaterial: { publicKey: { hint: '' } },
        messageSignature: {
          messageDigest: {
            algorithm: 'SHA2_256',
            digest: Buffer.from(digestOf(said).slice(7), 'hex').toString('base64'),
          },
          signature: sign('sha256', content, alice.privateKey).toString('base64'),
        },
      })
    const evil = Buffer.from('something else')
    for (const content of [message(bytes, bytes), message(evil, evil), message(bytes, evil), message(evil, bytes)])
      place.refer(subject, [{ mediaType: BUNDLE, content }])
    const { signatures } = await verify(place, subject)
    expect(signatures.map(({ trustedBy }) => trustedBy)).toEqual([['alice'], [], [], []])
  })
})

describe('cosign’s older form', () => {
  test('each signer is told from the others', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    const layers = [alice, bob, eve].map(({ privateKey }) => simple(privateKey, subject))
    place.tag(subject, '.sig', layers)
    const { signatures } = await verify(place, subject)
    expect(signatures.map(({ trustedBy }) => trustedBy)).toEqual([['alice'], ['bob'], []])
    expect(signatures.map(({ format }) => format)).toEqual(['cosign', 'cosign', 'cosign'])
  })

  test('about another digest, of another type, changed, or without a signature', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    const good = simple(alice.privateKey, subject)
    place.tag(subject, '.sig', [
      simple(alice.privateKey, place.subject('other')),
      simple(alice.privateKey, { ...subject, type: 'atomic container signature' }),
      { ...good, content: `${good.content} ` },
      { ...good, annotations: { 'dev.cosignproject.cosign/signature': 'no base64!' } },
      { ...good, annotations: { 'dev.cosignproject.cosign/signature': '' } },
      { ...good, annotations: { ...good.annotations, 'dev.sigstore.cosign/certificate': 'no certificate' } },
    ])
    const { signatures } = await verify(place, subject)
    expect(signatures.map(({ trustedBy }) => trustedBy)).toEqual([[], [], [], [], [], []])
  })

  test('attestations', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    const mediaType = 'application/vnd.dsse.envelope.v1+json'
    const type = 'https://cyclonedx.org/bom'
    const layers = [subject, place.subject('other')].map(({ digest }) => ({
      mediaType,
      content: JSON.stringify(envelope(bob.privateKey, statement(digest, type), IN_TOTO).dsseEnvelope),
    }))
    place.tag(subject, '.att', layers)
    const { signatures } = await verify(place, subject)
    expect(signatures).toMatchObject([{ predicateType: type, trustedBy: ['bob'] }, { trustedBy: [] }])
  })
})

describe('discovery', () => {
  test('by tags, as referrers, and in the list that clients keep', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    place.tag(subject, '.sig', [simple(alice.privateKey, subject)])
    place.refer(subject, [bundle(bob.privateKey, statement(subject.digest))])
    place.list(subject, [bundle(alice.privateKey, statement(subject.digest))])
    const { signatures, problems } = await verify(place, subject)
    expect(signatures.map(({ trustedBy }) => trustedBy)).toEqual([['alice'], ['bob'], ['alice']])
    expect(problems).toEqual([])
  })

  test('what is no signature crowds none out, and of signatures 32 are looked at', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    for (let n = 0; n < 50; n++)
      place.refer(subject, [{ mediaType: 'text/plain', content: `${n}` }], 'application/sbom')
    place.refer(subject, [bundle(alice.privateKey, statement(subject.digest))])
    expect((await verify(place, subject)).signatures).toMatchObject([{ trustedBy: ['alice'] }])
    for (let n = 0; n < 40; n++) place.refer(subject, [{ mediaType: BUNDLE, content: `${n}` }])
    const { signatures, problems } = await verify(place, subject)
    expect(signatures).toHaveLength(32)
    expect(problems).toHaveLength(1)
  })

  test('of one manifest 8 layers are judged, and none that is larger than 256 KiB', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    place.tag(
      subject,
      '.sig',
      Array.from({ length: 900 }, () => simple(alice.privateKey, subject)),
    )
    const { signatures, problems } = await verify(place, subject)
    expect([signatures.length, problems.length]).toEqual([8, 1])
    const large = new MemoryPlace()
    large.refer(subject, [{ mediaType: BUNDLE, content: Buffer.alloc(256 * 1024 + 1, ' ') }])
    const found = await verify(large, subject)
    expect(found.signatures[0]?.checks[0]?.detail).toContain('larger')
  })

  test('a place that does not answer is given up, and asked again later', async () => {
    const place = new MemoryPlace()
    const subject = place.subject('app')
    place.refer(subject, [bundle(alice.privateKey, statement(subject.digest))])
    place.blob = () => new Promise(() => undefined)
    const found = await verifySignatures(place, subject, { anchors: ANCHORS, now }, { ms: 20 })
    expect(found.signatures).toEqual([])
    expect(found.problems).toHaveLength(1)
    expect(found.validUntil?.getTime()).toBeGreaterThan(now.getTime())
    place.manifest = async () => {
      throw new Error('it is away')
    }
    expect((await verify(place, subject)).problems[0]).toContain('it is away')
  })

  test('other bytes than the digest says are as good as absent', async () => {
    const evil = new Blob(['other bytes'])
    const source = { label: 'elsewhere', blob: async () => ({ sizeBytes: evil.size, body: evil.stream() }) }
    const place = sourcePlace(source as unknown as Parameters<typeof sourcePlace>[0], 'app')
    expect(await place.blob(digestOf(Buffer.from('the right ones')), 100)).toBeUndefined()
    expect(await place.blob(digestOf(Buffer.from('other bytes')), 100)).toBeDefined()
  })
})

describe('keys', () => {
  test('an encrypted pair is read again, with its password only', () => {
    const made = makeKeyPair('secret')
    expect(isEncryptedKey(made.privateKey)).toBe(true)
    const key = readPrivateKey(made.privateKey, 'secret')
    const signature = sign('sha256', Buffer.from('x'), key)
    expect(signature.byteLength).toBeGreaterThan(60)
    expect(() => readPrivateKey(made.privateKey, 'Secret')).toThrow('password')
    expect(() => readPrivateKey('nonsense', '')).toThrow('PEM')
  })

  test('a file that would take too much memory is refused', () => {
    const greedy = { N: 2 ** 20, r: 32, p: 16 }
    const file = {
      kdf: { name: 'scrypt', params: greedy, salt: 'AAAA' },
      cipher: { name: 'nacl/secretbox', nonce: Buffer.alloc(24).toString('base64') },
      ciphertext: 'AAAA',
    }
    const body = Buffer.from(JSON.stringify(file)).toString('base64')
    const label = 'ENCRYPTED COSIGN PRIVATE KEY'
    expect(() => readPrivateKey(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`, '')).toThrow('memory')
  })

  test.each([
    ['private', () => alice.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    [
      'short',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }),
    ],
    ['for other uses', () => generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' })],
    ['nothing', () => ''],
  ])('one that is %s is not trusted', async (_, pem) => {
    await expect(parseAnchor('cosign-key', { publicKey: pem() })).rejects.toThrow()
  })

  test('the public root says how old it is', async () => {
    const { newest } = await publicGoodRoot()
    expect(newest.getTime()).toBeGreaterThan(Date.UTC(2022, 0, 1))
    const body = { trustedRoot: 'public-good', issuer: 'https://accounts.example', identity: 'ci@example.test' }
    expect((await parseAnchor('sigstore', body)).summary).toContain(newest.toISOString().slice(0, 10))
  })
})
