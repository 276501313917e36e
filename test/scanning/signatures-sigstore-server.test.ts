import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { z } from 'zod'
import { findRepository } from '../../src/metadata/repositories.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { signaturesFor } from '../../src/signing/signatures.ts'
import { claimResult, findResult, keepResult } from '../../src/signing/store.ts'
import { type Made, makeBundleSignature, makeClassicSignature } from '../../src/trust/cosign/make-signature.ts'
import { localPlace } from '../../src/trust/places.ts'
import { type Person, World } from '../access/support/world.ts'
import { check } from '../conformance/support/check.ts'
import { OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob, type Target } from '../conformance/support/uploads.ts'
import { type Image, image, pushImage } from '../e2e/support/images.ts'

setDefaultTimeout(60_000)

const reportSchema = z.object({
  digest: z.string(),
  trusted: z.boolean(),
  items: z.array(z.looseObject({ format: z.string(), trustedBy: z.array(z.string()) })),
  problems: z.array(z.string()),
})

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [release, nightly] = [pair(), pair()]
let world: World
let admin: Person

beforeAll(async () => {
  world = await World.open()
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  await world.project('team')
  await world.project('team/nightly')
  await trust('team', 'release', release)
  await trust('team/nightly', 'nightly', nightly)
})
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.checkAudit()
  await world?.close()
})

type Pair = typeof release

const pathOf = (project: string) => `/projects/${encodeURIComponent(project)}/trust`

async function trust(project: string, name: string, pair: Pair): Promise<void> {
  const publicKey = pair?.publicKey.export({ type: 'spki', format: 'pem' })
  const body = { name, kind: 'cosign-key', body: { publicKey } }
  const { status, text } = await world.api('POST', pathOf(project), admin.basic, body)
  expect([text, status]).toEqual([text, 200])
}

function at(name: string): Target {
  return { registry: world.with(admin.basic), name }
}

async function pushed(name: string, label: string): Promise<Image> {
  const made = image(`signing/${label}`)
  await pushImage(at(name), made, 'v1')
  return made
}

async function report(name: string, reference = 'v1', method = 'GET') {
  const path = `/repositories/${encodeURIComponent(name)}/images/${reference}/signatures`
  const { status, text } = await world.api(method, path, admin.basic)
  expect([text, status]).toEqual([text, 200])
  return reportSchema.parse(JSON.parse(text))
}

async function trustedBy(name: string): Promise<readonly (readonly string[])[]> {
  return (await report(name)).items.map((item) => item.trustedBy)
}

function subjectOf({ manifest }: Image) {
  return { digest: parseDigest(manifest.digest), mediaType: OCI_MANIFEST, sizeBytes: manifest.bytes.length }
}

async function put(name: string, { blobs, manifest }: Made, reference: string): Promise<void> {
  for (const { digest, content } of blobs) await pushBlob(at(name), { digest, bytes: content })
  const { mediaType, content } = manifest
  const answer = await putManifest(at(name), reference, { mediaType, bytes: content })
  check(answer, { status: 201 })
}

async function sign(name: string, of: Image, pair: Pair): Promise<Made> {
  if (pair === undefined) throw new Error('no key')
  const made = makeBundleSignature(pair.privateKey, subjectOf(of), world.clock.now())
  await put(name, made, made.manifest.digest)
  return made
}

const remembered = () => world.query<{ revision: string }>('select revision from signature_results')

describe('signatures of an image', () => {
  test('come and go with what is pushed and deleted', async () => {
    const app = await pushed('team/app', 'app')
    expect(await report('team/app')).toMatchObject({ trusted: false, items: [] })
    const { manifest } = await sign('team/app', app, release)
    expect(await report('team/app')).toMatchObject({ trusted: true, items: [{ trustedBy: ['release'] }] })
    const gone = await world.send('DELETE', `/v2/team/app/manifests/${manifest.digest}`, { headers: admin.basic })
    expect(gone.status).toBe(202)
    expect(await report('team/app')).toMatchObject({ trusted: false, items: [] })
    await sign('team/app', app, release)
    expect((await report('team/app', app.manifest.digest)).trusted).toBe(true)
  })

  test('are found by when they came, the newest and the oldest in turn, whatever is between', async () => {
    const crowded = await pushed('team/crowded', 'crowded')
    const digests: string[] = []
    const bring = async (artifactType: string, note: string) => {
      world.clock.advance(1000)
      const { blobs, manifest } = makeBundleSignature(release.privateKey, subjectOf(crowded), world.clock.now())
      for (const { digest, content } of blobs) await pushBlob(at('team/crowded'), { digest, bytes: content })
      const changed = { ...JSON.parse(Buffer.from(manifest.content).toString()), artifactType, annotations: { note } }
      const bytes = Buffer.from(JSON.stringify(changed))
      const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
      check(await putManifest(at('team/crowded'), digest, { mediaType: manifest.mediaType, bytes }), { status: 201 })
      return digest
    }
    for (let n = 0; n < 8; n++) digests.push(await bring('application/vnd.dev.sigstore.bundle.v0.3+json', `${n}`))
    for (let n = 0; n < 4; n++) await bring('application/spdx+json', `${n}`)
    const place = localPlace(world.app.registry, parseRepositoryName('team/crowded'))
    const listed = async (limit: number) =>
      (await place.referrers(parseDigest(crowded.manifest.digest), limit)).map(({ digest }) => digests.indexOf(digest))
    expect(await listed(4)).toEqual([7, 0, 6, 1])
    expect(await listed(1000)).toEqual([7, 0, 6, 1, 5, 2, 4, 3])
  })

  test('are verified once, until something changes', async () => {
    const source = signaturesFor(world.app.registry, world.m.access)
    const once = await pushed('team/once', 'once')
    await sign('team/once', once, release)
    await report('team/once')
    const before = await remembered()
    expect(await trustedBy('team/once')).toEqual([['release']])
    expect(await remembered()).toEqual(before)
    expect(before.every(({ revision }) => /^[0-9a-f]{32}$/.test(revision))).toBe(true)
    // Looked at again by hand, it is found again.
    expect((await report('team/once', 'v1', 'POST')).trusted).toBe(true)
    expect(source).toBe(signaturesFor(world.app.registry, world.m.access))
  })

  test('under cosign’s tag, and when that is moved or deleted', async () => {
    const name = 'team/tagged'
    const app = await pushed(name, 'tagged')
    const tag = `${app.manifest.digest.replace(':', '-')}.sig`
    expect(await trustedBy(name)).toEqual([])
    if (release === undefined || nightly === undefined) throw new Error('no keys')
    const one = makeClassicSignature(release.privateKey, subjectOf(app), { reference: name, under: undefined })
    await put(name, one, tag)
    expect(await trustedBy(name)).toEqual([['release']])
    const two = makeClassicSignature(nightly.privateKey, subjectOf(app), { reference: name, under: one.manifest })
    await put(name, two, tag)
    expect(await trustedBy(name)).toEqual([['release'], []])
    const path = `/repositories/${encodeURIComponent(name)}/tags/${tag}`
    expect((await world.api('DELETE', path, admin.basic)).status).toBe(204)
    expect(await trustedBy(name)).toEqual([])
  })

  test('a signature that comes while others are verified is not missed', async () => {
    const name = 'team/race'
    const app = await pushed(name, 'race')
    const asked = Array.from({ length: 20 }, () => report(name))
    await sign(name, app, release)
    await Promise.all(asked)
    expect(await trustedBy(name)).toEqual([['release']])
  })

  test('what was found before one came does not replace what was found after', async () => {
    const app = await pushed('team/late', 'late')
    const { database } = world.m
    const repositoryId = (await findRepository(database.reader, parseRepositoryName('team/late'))) ?? 0
    const spot = { repositoryId, digest: parseDigest(app.manifest.digest) }
    const now = world.clock.now()
    const early = { claim: 'early', revision: 'found early', content: '{}', validUntil: undefined, checkedAt: now }
    await database.write((tx) => claimResult(tx, spot, { revision: 'early', now }))
    await sign('team/late', app, release)
    await database.write((tx) => keepResult(tx, spot, early))
    expect(await findResult(database.reader, spot)).toBeUndefined()
    await database.write((tx) => claimResult(tx, spot, { revision: 'late', now }))
    await database.write((tx) => keepResult(tx, spot, early))
    expect((await findResult(database.reader, spot))?.revision).toBe('late')
    // Whoever claimed it may be gone.
    expect(await trustedBy('team/late')).toEqual([['release']])
  })

  test('of an image that is not there, and of a repository nobody may see', async () => {
    const path = '/repositories/team%2Fapp/images/none/signatures'
    expect((await world.api('GET', path, admin.basic)).status).toBe(404)
    const bob = await world.user('bob')
    const hidden = await world.api('GET', '/repositories/team%2Fapp/images/v1/signatures', bob.basic)
    expect(hidden.status).toBe(404)
  })
})

describe('whom a project trusts', () => {
  test('a repository follows its longest project, and every change at once', async () => {
    const app = await pushed('team/nightly/app', 'nested')
    await sign('team/nightly/app', app, release)
    await sign('team/nightly/app', app, nightly)
    expect((await trustedBy('team/nightly/app')).flat()).toEqual(['nightly'])
    await trust('team/nightly', 'both', release)
    expect((await trustedBy('team/nightly/app')).flat().toSorted()).toEqual(['both', 'nightly'])
    for (const name of ['both', 'nightly'])
      expect((await world.api('DELETE', `${pathOf('team/nightly')}/${name}`, admin.basic)).status).toBe(204)
    expect((await trustedBy('team/nightly/app')).flat()).toEqual([])
    expect((await report('team/nightly/app')).trusted).toBe(false)
  })

  test('is listed, in words', async () => {
    const { text } = await world.api('GET', pathOf('team'), admin.basic)
    const { items } = z
      .object({ items: z.array(z.looseObject({ name: z.string(), summary: z.string() })) })
      .parse(JSON.parse(text))
    expect(items).toMatchObject([{ name: 'release', kind: 'cosign-key' }])
    expect(items[0]?.summary).toStartWith('key sha256:')
  })

  test.each([
    [{ name: 'release', kind: 'cosign-key' }, 409],
    [{ name: 'Release', kind: 'cosign-key' }, 400],
    [{ name: 'x', kind: 'gpg' }, 400],
    [{ name: 'x', kind: 'sigstore' }, 400],
    [{ name: 'x', kind: 'cosign-key', body: { publicKey: 'nonsense' } }, 400],
  ])('%j is refused', async (said, status) => {
    const publicKey = release?.publicKey.export({ type: 'spki', format: 'pem' })
    const answer = await world.api('POST', pathOf('team'), admin.basic, { body: { publicKey }, ...said })
    expect([answer.text, answer.status]).toEqual([answer.text, status])
  })
})
