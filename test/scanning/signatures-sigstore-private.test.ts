import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash, sign } from 'node:crypto'
import { parseAnchor } from '../../src/trust/parse-anchor.ts'
import type { TrustAnchor, VerifiedSignature } from '../../src/trust/signature.ts'
import { verifySignatures } from '../../src/trust/verify-signatures.ts'
import { BUNDLE, MemoryPlace, SIMPLE_SIGNING } from './support/memory-place.ts'
import {
  certificateBundle,
  dsseEntry,
  envelope,
  type Extras,
  ISSUER,
  type Leaf,
  PrivateSigstore,
  statement,
} from './support/private-sigstore.ts'

setDefaultTimeout(60_000)

const DAY_MS = 24 * 60 * 60 * 1000
const IDENTITY = 'ci@example.test'
let pki: PrivateSigstore
let foreign: PrivateSigstore
let leaf: Leaf

beforeAll(async () => {
  pki = await PrivateSigstore.open()
  foreign = await PrivateSigstore.open()
  leaf = await pki.leaf(`email:${IDENTITY}`)
})
afterAll(async () => {
  await pki?.close()
  await foreign?.close()
})

interface Asked {
  readonly by?: Leaf
  readonly extras?: Extras
  readonly body?: Readonly<Record<string, unknown>>
  readonly root?: Parameters<PrivateSigstore['root']>[0]
  readonly now?: Date
}

const place = new MemoryPlace()
const subject = place.subject('signed')

/** One signature over the subject, by the leaf; its extras are made of the envelope. */
function signedBy(by: Leaf) {
  return envelope(by.key, statement(subject.digest))
}

async function anchorOf({ body = {}, root = {} }: Asked): Promise<TrustAnchor> {
  const said = { trustedRoot: await pki.root(root), issuer: ISSUER, identity: IDENTITY, ...body }
  return { name: 'us', kind: 'sigstore', body: (await parseAnchor('sigstore', said)).body }
}

async function judge(signed: ReturnType<typeof envelope>, asked: Asked): Promise<VerifiedSignature> {
  const here = new MemoryPlace()
  here.refer(subject, [{ mediaType: BUNDLE, content: certificateBundle(asked.by ?? leaf, signed, asked.extras) }])
  const trust = { anchors: [await anchorOf(asked)], now: asked.now ?? new Date() }
  const { signatures, problems } = await verifySignatures(here, subject, trust)
  expect(problems).toEqual([])
  const [only, ...others] = signatures
  if (only === undefined || others.length > 0) throw new Error(`${signatures.length} signatures`)
  return only
}

async function accepted(signed: ReturnType<typeof envelope>, asked: Asked = {}): Promise<VerifiedSignature> {
  const found = await judge(signed, asked)
  expect([found.checks.filter(({ ok }) => !ok), found.trustedBy]).toEqual([[], ['us']])
  return found
}

/** Says which check failed. */
async function refused(signed: ReturnType<typeof envelope>, asked: Asked): Promise<string> {
  const { trustedBy, checks } = await judge(signed, asked)
  expect(trustedBy).toEqual([])
  const [failed] = checks.filter(({ ok }) => !ok)
  return failed === undefined ? 'none' : `${failed.name}: ${failed.detail}`
}

describe('identities', () => {
  test('who signed is said', async () => {
    const { signer, format, predicateType } = await accepted(signedBy(leaf))
    expect(signer).toEqual({ name: `${IDENTITY} (${ISSUER})`, identity: IDENTITY, issuer: ISSUER })
    expect([format, predicateType]).toEqual(['sigstore-bundle', undefined])
  })

  test.each([
    ['a part of it', { identity: 'ci@example' }],
    ['a regular expression, where a text is meant', { identity: 'ci@example.tes.' }],
    ['another', { identity: 'ops@example.test' }],
    ['a pattern of a part', { identity: undefined, identityPattern: 'ci@example' }],
    ['an alternative of a part', { identity: undefined, identityPattern: 'ci@example|nobody' }],
    ['another issuer', { issuer: 'https://idp.example.tes' }],
    ['a longer issuer', { issuer: `${ISSUER}/` }],
  ])('%s is not the identity', async (_, body) => {
    expect(await refused(signedBy(leaf), { body })).toStartWith('identity: ')
  })

  test('a pattern of the whole is', async () => {
    await accepted(signedBy(leaf), { body: { identity: undefined, identityPattern: '[a-z]+@example\\.test' } })
  })

  test('a certificate with two names, or for something else, is refused', async () => {
    const two = await pki.leaf(`email:${IDENTITY},email:evil@example.test`)
    expect(await refused(signedBy(two), { by: two })).toStartWith('identity: ')
    const server = await pki.leaf(`email:${IDENTITY}`, { usage: 'serverAuth' })
    expect(await refused(signedBy(server), { by: server })).toContain('not for signing code')
  })

  test('another authority’s certificate for the same name is refused', async () => {
    const other = await foreign.leaf(`email:${IDENTITY}`)
    expect(await refused(signedBy(other), { by: other })).toStartWith('certificate: ')
  })

  test('an anchor that trusts everybody cannot be written down', async () => {
    await expect(anchorOf({ body: { identity: undefined } })).rejects.toThrow('either')
    await expect(anchorOf({ body: { identityPattern: '.*' } })).rejects.toThrow('either')
    await expect(anchorOf({ body: { identity: undefined, identityPattern: '(' } })).rejects.toThrow('RE2')
    await expect(anchorOf({ body: { trustedRoot: 'public-good', issuer: undefined } })).rejects.toThrow('issuer')
    await expect(anchorOf({ body: { thresholds: 0 } })).rejects.toThrow('thresholds')
  })
})

describe('time', () => {
  const later = new Date(Date.now() + 3 * DAY_MS)

  test('without a clock the certificate has to hold now, and is looked at again', async () => {
    const { validUntil, signedAt } = await accepted(signedBy(leaf))
    expect(signedAt).toBeUndefined()
    expect(validUntil?.getTime()).toBeGreaterThan(Date.now())
    expect(validUntil?.getTime()).toBeLessThan(Date.now() + 2 * DAY_MS)
    expect(await refused(signedBy(leaf), { now: later })).toContain('expired')
  })

  test('with a clock it holds for good', async () => {
    const signed = signedBy(leaf)
    const extras = { timestamps: [await pki.stamp(signed.signature)] }
    const { signedAt, validUntil } = await accepted(signed, { extras, root: { clock: true }, now: later })
    expect(Math.abs((signedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
    expect(validUntil).toBeUndefined()
  })

  test('a clock that is trusted has to be asked', async () => {
    expect(await refused(signedBy(leaf), { root: { clock: true } })).toStartWith('time: ')
    const signed = signedBy(leaf)
    const two = { extras: { timestamps: [await pki.stamp(signed.signature)] }, body: { timestampThreshold: 2 } }
    expect(await refused(signed, { ...two, root: { clock: true } })).toStartWith('time: ')
    const [stamp = ''] = two.extras.timestamps
    const twice = { ...two, extras: { timestamps: [stamp, stamp] } }
    expect(await refused(signed, { ...twice, root: { clock: true } })).toContain('duplicate')
  })

  test('a foreign clock, and the time of something else, are refused', async () => {
    const signed = signedBy(leaf)
    for (const stamp of [await foreign.stamp(signed.signature), await pki.stamp(Buffer.from('something else'))])
      expect(await refused(signed, { extras: { timestamps: [stamp] }, root: { clock: true } })).toStartWith('time: ')
    // Nor does it help that nobody asks for a time.
    const extras = { timestamps: [await foreign.stamp(signed.signature)] }
    expect(await refused(signed, { extras, body: { timestampThreshold: 0 } })).toStartWith('time: ')
  })
})

describe('logs', () => {
  const root = { log: true }

  test('an entry proves when, and the certificate is held against that', async () => {
    const signed = signedBy(leaf)
    const at = new Date(Math.floor(Date.now() / 1000 + 60) * 1000)
    const tlogEntries = [pki.entry(dsseEntry(leaf, signed), at)]
    const { signedAt } = await accepted(signed, {
      extras: { tlogEntries },
      root,
      now: new Date(Date.now() + 9 * DAY_MS),
    })
    expect(signedAt).toEqual(at)
    const late = [pki.entry(dsseEntry(leaf, signed), new Date(Date.now() + 2 * DAY_MS))]
    expect(await refused(signed, { extras: { tlogEntries: late }, root })).toStartWith('certificate: ')
  })

  test('a log that is trusted has to have it', async () => {
    expect(await refused(signedBy(leaf), { root, body: { timestampThreshold: 0 } })).toStartWith('log: ')
    const signed = signedBy(leaf)
    const one = pki.entry(dsseEntry(leaf, signed), new Date())
    const twice = { tlogEntries: [one, one] }
    const asked = { root, body: { tlogThreshold: 2 } }
    expect(await refused(signed, { ...asked, extras: { tlogEntries: [one] } })).toStartWith('log: ')
    expect(await refused(signed, { ...asked, extras: twice })).toContain('duplicate')
  })

  test.each([
    ['a foreign log’s', (signed: ReturnType<typeof envelope>) => foreign.entry(dsseEntry(leaf, signed), new Date())],
    ['another signature’s', () => pki.entry(dsseEntry(leaf, signedBy(leaf)), new Date())],
    [
      'with another time than was promised',
      (signed: ReturnType<typeof envelope>) => ({
        ...pki.entry(dsseEntry(leaf, signed), new Date(Date.now() + 9 * DAY_MS)),
        integratedTime: String(Math.floor(Date.now() / 1000)),
      }),
    ],
    [
      'with a time that nobody promised',
      (signed: ReturnType<typeof envelope>) => ({
        ...pki.entry(dsseEntry(leaf, signed), new Date()),
        inclusionPromise: undefined,
      }),
    ],
  ])('an entry is refused: %s', async (_, entryFor) => {
    const signed = signedBy(leaf)
    expect(await refused(signed, { extras: { tlogEntries: [entryFor(signed)] }, root })).toMatch(/^(log|form|time): /)
  })

  test('an entry under another certificate is refused', async () => {
    const other = await pki.leaf('email:other@example.test')
    const signed = signedBy(leaf)
    const tlogEntries = [pki.entry(dsseEntry(other, signed), new Date())]
    expect(await refused(signed, { extras: { tlogEntries }, root })).toBe(
      'log: us: the entry of the log is about another certificate',
    )
  })

  test('a log that does not say from when on it counts is refused when it is written down', async () => {
    await expect(anchorOf({ root: { log: true, logIsDated: false } })).rejects.toThrow('validFor')
  })
})

describe('cosign’s older form without keys', () => {
  const payload = JSON.stringify({
    critical: {
      identity: { 'docker-reference': 'elsewhere.example/app' },
      image: { 'docker-manifest-digest': subject.digest },
      type: 'cosign container image signature',
    },
    optional: null,
  })

  async function judgeOlder(changed: { readonly content?: string; readonly at?: Date }) {
    const signature = sign('sha256', Buffer.from(payload), leaf.key).toString('base64')
    const value = createHash('sha256').update(payload).digest('hex')
    const entry = pki.entry(
      {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: { algorithm: 'sha256', value } },
          signature: { content: signature, publicKey: { content: Buffer.from(leaf.pem).toString('base64') } },
        },
      },
      changed.at ?? new Date(),
    )
    const rekor = {
      SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
      Payload: {
        body: entry.canonicalizedBody,
        integratedTime: Number(entry.integratedTime),
        logIndex: 7,
        logID: Buffer.from(entry.logId.keyId, 'base64').toString('hex'),
      },
    }
    const annotations = {
      'dev.cosignproject.cosign/signature': signature,
      'dev.sigstore.cosign/certificate': leaf.pem,
      'dev.sigstore.cosign/bundle': JSON.stringify(rekor),
    }
    const here = new MemoryPlace()
    here.tag(subject, '.sig', [{ mediaType: SIMPLE_SIGNING, content: changed.content ?? payload, annotations }])
    const anchors = [await anchorOf({ root: { log: true } })]
    return (await verifySignatures(here, subject, { anchors, now: new Date() })).signatures
  }

  test('is verified as a bundle', async () => {
    const [found] = await judgeOlder({})
    expect(found?.checks.filter(({ ok }) => !ok)).toEqual([])
    expect(found).toMatchObject({ format: 'cosign', trustedBy: ['us'], signer: { identity: IDENTITY } })
    expect(found?.signedAt).toBeInstanceOf(Date)
  })

  test('is refused when it was changed, or made when the certificate held no more', async () => {
    expect(await judgeOlder({ content: `${payload} ` })).toMatchObject([{ trustedBy: [] }])
    expect(await judgeOlder({ at: new Date(Date.now() + 2 * DAY_MS) })).toMatchObject([{ trustedBy: [] }])
  })
})
