import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { generateKeyPairSync, sign } from 'node:crypto'
import { Problem } from '../../src/lib/problem.ts'
import { parseAnchor } from '../../src/trust/parse-anchor.ts'
import { TRUST_KINDS, type TrustAnchor } from '../../src/trust/signature.ts'
import { verifySignatures } from '../../src/trust/verify-signatures.ts'
import { SEED } from '../conformance/support/content.ts'
import { BUNDLE, type LayerToPut, MemoryPlace, SIMPLE_SIGNING } from './support/memory-place.ts'
import {
  certificateBundle,
  dsseEntry,
  envelope,
  ISSUER,
  keyBundle,
  PrivateSigstore,
  statement,
} from './support/private-sigstore.ts'

setDefaultTimeout(120_000)
console.info(`signatures-sigstore-hostile: BERTH_TEST_SEED=${SEED}`)

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const place = new MemoryPlace()
const subject = place.subject('signed')
const other = place.subject('other')
let pki: PrivateSigstore
let anchors: readonly TrustAnchor[]
let root: unknown
/** Everything that is right, about the one image. */
let good: readonly LayerToPut[]

beforeAll(async () => {
  pki = await PrivateSigstore.open()
  const leaf = await pki.leaf('email:ci@example.test')
  const signed = envelope(leaf.key, statement(subject.digest))
  const tlogEntries = [pki.entry(dsseEntry(leaf, signed), new Date())]
  const timestamps = [await pki.stamp(signed.signature)]
  const critical = {
    identity: {},
    image: { 'docker-manifest-digest': subject.digest },
    type: 'cosign container image signature',
  }
  const payload = JSON.stringify({ critical, optional: null })
  const signature = sign('sha256', Buffer.from(payload), pair.privateKey).toString('base64')
  good = [
    { mediaType: BUNDLE, content: keyBundle(envelope(pair.privateKey, statement(subject.digest))) },
    { mediaType: BUNDLE, content: certificateBundle(leaf, signed, { tlogEntries, timestamps }) },
    { mediaType: SIMPLE_SIGNING, content: payload, annotations: { 'dev.cosignproject.cosign/signature': signature } },
  ]
  root = await pki.root({ clock: true, log: true })
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' })
  const identity = { trustedRoot: root, issuer: ISSUER, identity: 'ci@example.test' }
  anchors = [
    { name: 'key', kind: 'cosign-key', body: (await parseAnchor('cosign-key', { publicKey })).body },
    { name: 'certificate', kind: 'sigstore', body: (await parseAnchor('sigstore', identity)).body },
  ]
})
afterAll(() => pki?.close())

async function judge(layer: LayerToPut, of = subject) {
  const here = new MemoryPlace()
  here.refer(of, [layer])
  return verifySignatures(here, of, { anchors, now: new Date() })
}

/** One to three pieces of a text become other pieces. */
const changes = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 12 }),
    text: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('"', '{}', '[]', 'null', '-1', '1e999', '0', 'true', '\\u0000', 'AAAA', ','),
    ),
  }),
  { minLength: 1, maxLength: 3 },
)

function changed(content: string, how: typeof changes extends fc.Arbitrary<infer T> ? T : never): string {
  let text = content
  for (const { at, length, text: piece } of how) {
    const start = Math.floor(at * text.length)
    text = `${text.slice(0, start)}${piece}${text.slice(start + length)}`
  }
  return text
}

test('what is right is accepted, for its image only', async () => {
  for (const layer of good) {
    expect((await judge(layer)).signatures.map(({ trustedBy }) => trustedBy.length)).toEqual([1])
    expect((await judge(layer, other)).signatures.map(({ trustedBy }) => trustedBy.length)).toEqual([0])
  }
})

test('whatever is changed of it, nothing breaks, and it says nothing of another image', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 }), changes, async (which, how) => {
      const layer = good[which]
      if (layer === undefined) throw new Error('no such layer')
      const evil = { ...layer, content: changed(String(layer.content), how) }
      const [here, elsewhere] = [await judge(evil), await judge(evil, other)]
      expect([here.problems, elsewhere.problems]).toEqual([[], []])
      expect(elsewhere.signatures.flatMap(({ trustedBy }) => trustedBy)).toEqual([])
      // What was signed cannot be changed.
      for (const { trustedBy, predicateType } of here.signatures)
        if (trustedBy.length > 0) expect(predicateType).toBeUndefined()
    }),
    { seed: SEED, numRuns: 600 },
  )
})

test('a payload with any byte changed is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const layer = good[2]
      const bytes = Buffer.from(String(layer?.content))
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by
      const found = await judge({ mediaType: SIMPLE_SIGNING, content: bytes, annotations: layer?.annotations ?? {} })
      expect(found.signatures.flatMap(({ trustedBy }) => trustedBy)).toEqual([])
    }),
    { seed: SEED, numRuns: 200 },
  )
})

test('anything may be said of who is trusted: it is an anchor, or refused with a sentence', async () => {
  const texts = JSON.stringify({ trustedRoot: root, issuer: ISSUER, identity: 'ci@example.test' })
  const bodies = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    changes.map((how) => {
      try {
        return JSON.parse(changed(texts, how)) as unknown
      } catch {
        return texts
      }
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TRUST_KINDS), bodies, async (kind, body) => {
      const refused = await parseAnchor(kind, body).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (refused !== undefined) expect(refused).toBeInstanceOf(Problem)
    }),
    { seed: SEED, numRuns: 400 },
  )
})
