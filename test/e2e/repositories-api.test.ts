import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { addImmutabilityRule } from './support/immutable.ts'
import { collect } from '../../src/gc/collect.ts'
import { check } from '../conformance/support/check.ts'
import { manifestPath, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { blobPath, pushBlob } from '../conformance/support/uploads.ts'
import { found, type Person, World } from '../access/support/world.ts'
import { descriptor, type Image, image, index, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const DAY = 24 * 60 * 60_000
const APP = '/repositories/dev%2Fapp'

let world: World
let owner: Person
beforeEach(async () => {
  world = await World.open()
  owner = await world.user('owner')
  for (const project of ['dev', 'prod']) {
    await world.project(project)
    await world.grant(project, 'user:owner', 'owner')
  }
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.checkAudit()
  await world.close()
})

const target = (name: string) => ({ registry: world.with(owner.basic), name })
const api = (method: string, path: string, body?: unknown, by = owner) => world.api(method, path, by.basic, body)
const pull = (name: string, reference: string, by = owner) =>
  world.send('GET', manifestPath(name, reference), { headers: by.basic })
async function read(path: string, by = owner) {
  return JSON.parse(check(await api('GET', path, undefined, by), { status: 200 }).text)
}

async function expectWhole({ config, layer, manifest }: Image, name: string, reference: string) {
  const answer = await pull(name, reference)
  expect([answer.headers.get('docker-content-digest'), answer.bytes]).toEqual([manifest.digest, manifest.bytes])
  for (const part of [config, layer])
    expect((await world.send('GET', blobPath(name, part.digest), { headers: owner.basic })).bytes).toEqual(part.bytes)
}

/** Held bytes are counted exactly, and every visible manifest has what it names. */
async function expectCounted() {
  expect(
    await world.query(`
    select name, bytes, unique_bytes from repositories where bytes <> coalesce((
      select sum(size) from repository_blobs join blobs using (digest) where repository_id = repositories.id), 0)
    or unique_bytes <> coalesce((
      select sum(size) from repository_blobs join blobs using (digest)
      where repository_id = repositories.id and holders = 1), 0)`),
  ).toEqual([])
}

describe('repositories', () => {
  test('are listed with what they hold, together and alone', async () => {
    const shared = image('api/shared', {}, 5000)
    const lonely = image('api/lonely', {}, 7000)
    await pushImage(target('dev/app'), shared, 'v1')
    await pushImage(target('prod/app'), shared, 'v1')
    await pushImage(target('dev/app'), lonely, 'v2')
    await pushBlob(target('dev/empty'), shared.layer)
    const bytesOf = ({ config, layer }: Image) => config.bytes.length + layer.bytes.length
    const auditor = await world.user('auditor', { systemRole: 'auditor' })
    const { items } = await read('/repositories', auditor)
    expect(items).toEqual([
      expect.objectContaining({
        name: 'dev/app',
        bytes: bytesOf(shared) + bytesOf(lonely),
        uniqueBytes: bytesOf(lonely),
      }),
      expect.objectContaining({ name: 'prod/app', bytes: bytesOf(shared), uniqueBytes: 0 }),
    ])
    expect(await read(APP, auditor)).toMatchObject({ uniqueBytes: bytesOf(lonely) })
    // It would tell others what is in repositories that are none of their business.
    for (const shown of [...(await read('/repositories')).items, await read(APP)])
      expect([shown.bytes, 'uniqueBytes' in shown]).toEqual([expect.any(Number), false])
    expect((await read('/repositories?project=prod')).items).toHaveLength(1)
    expect((await read('/repositories?project=pro')).items).toEqual([])
    const first = await read('/repositories?limit=1')
    expect([first.items.length, first.next]).toEqual([1, 'dev/app'])
    expect((await read(`/repositories?limit=1&after=${first.next}`)).items[0].name).toBe('prod/app')
    expect(await read(APP)).toMatchObject({ name: 'dev/app', tags: 2 })
    expect((await api('GET', '/repositories/dev%2Fnone')).status).toBe(404)
    await expectCounted()
  })

  test('of a nested project belong to that one only', async () => {
    await pushImage(target('dev/app'), image('api/outer'), 'v1')
    await world.project('dev/inner')
    await world.grant('dev/inner', 'user:owner', 'owner')
    await pushImage(target('dev/inner/app'), image('api/inner'), 'v1')
    const names = async (project: string) =>
      (await read(`/repositories?project=${project}`)).items.map(({ name }: { name: string }) => name)
    expect([await names('dev'), await names('dev%2Finner')]).toEqual([['dev/app'], ['dev/inner/app']])
  })
})

describe('tags', () => {
  const one = image('api/one')
  const two = image('api/two')

  test('are listed with when they were pushed and pulled', async () => {
    await pushImage(target('dev/app'), one, 'v1')
    const pushedAt = world.clock.now().toISOString()
    await pushImage(target('dev/app'), two)
    check(await putManifest(target('dev/app'), 'multi', index([descriptor(two.manifest, OCI_MANIFEST)])), {
      status: 201,
    })
    world.clock.advance(DAY)
    await pull('dev/app', 'v1')
    await world.app.registry.pulls.flush()
    const { items } = await read(`${APP}/tags`)
    expect(items).toEqual([
      expect.objectContaining({ name: 'multi', pushedAt }),
      {
        ...{ name: 'v1', digest: one.manifest.digest, mediaType: OCI_MANIFEST, pushedAt },
        pulledAt: world.clock.now().toISOString(),
        imageBytes: one.manifest.bytes.length + one.config.bytes.length + one.layer.bytes.length,
        platforms: ['linux/amd64'],
      },
    ])
    expect(items[0]).not.toHaveProperty('imageBytes')
    const first = await read(`${APP}/tags?limit=1`)
    expect(first.next).toBe('multi')
    expect((await read(`${APP}/tags?after=multi`)).items).toEqual([items[1]])
    expect(await read(`${APP}/tags/v1`)).toEqual(items[1])
    for (const tag of ['none', encodeURIComponent(one.manifest.digest), '-'])
      expect([tag, (await api('GET', `${APP}/tags/${tag}`)).status]).toEqual([tag, 404])
  })

  test('are set to another tag or a digest, new ones with "push", others with "overwrite"', async () => {
    await pushImage(target('dev/app'), one, 'v1')
    await pushImage(target('dev/app'), two, 'v2')
    const adder = await world.user('adder')
    await world.grant('dev', 'user:adder', 'pull,push')
    const set = (tag: string, from: string, by = owner) => api('PUT', `${APP}/tags/${tag}`, { from }, by)
    expect(JSON.parse((await set('new', 'v1', adder)).text)).toMatchObject({ name: 'new', digest: one.manifest.digest })
    expect((await set('v1', 'v2', adder)).status).toBe(403)
    // It is there already, and stays.
    expect((await set('v1', one.manifest.digest, adder)).status).toBe(200)
    expect((await set('v1', two.manifest.digest)).status).toBe(200)
    await expectWhole(two, 'dev/app', 'v1')
    for (const [tag, from, status] of [
      ['v1', 'none', 404],
      ['v1', `sha256:${'0'.repeat(64)}`, 404],
      ['v1', 'sha256:zz', 400],
      ['-', 'v2', 400],
      [encodeURIComponent(one.manifest.digest), 'v2', 400],
    ] as const)
      expect([tag, from, (await set(tag, from)).status]).toEqual([tag, from, status])
    expect((await api('PUT', '/repositories/dev%2Fnone/tags/v1', { from: 'v1' })).status).toBe(404)
    // What a deleted tag named is there, but what was deleted itself is not.
    await world.send('DELETE', manifestPath('dev/app', one.manifest.digest), { headers: owner.basic })
    expect((await set('again', one.manifest.digest)).status).toBe(404)
    const moved = (await world.audit()).filter(({ action }) => action === 'tag.moved')
    expect(moved.map(({ actor_name, outcome }) => [actor_name, outcome])).toEqual([
      ['adder', 'done'],
      ['owner', 'done'],
    ])
    expect((await world.audit()).filter(({ outcome }) => outcome === 'refused')).toEqual([
      expect.objectContaining({ action: 'setTag', actor_name: 'adder' }),
    ])
  })

  test('are deleted one by one; a digest is none', async () => {
    await pushImage(target('dev/app'), one, 'v1')
    check(await putManifest(target('dev/app'), 'v2', one.manifest), { status: 201 })
    expect((await api('DELETE', `${APP}/tags/${encodeURIComponent(one.manifest.digest)}`)).status).toBe(404)
    expect((await api('DELETE', `${APP}/tags/none`)).status).toBe(404)
    expect((await api('DELETE', `${APP}/tags/v1`)).status).toBe(204)
    expect((await pull('dev/app', 'v1')).status).toBe(404)
    await expectWhole(one, 'dev/app', 'v2')
  })
})

describe('promotion', () => {
  const Promoted = z.object({ digest: z.string(), manifests: z.number(), blobs: z.number() })
  const promote = (body: unknown, { to = 'prod%2Fapp', by = owner } = {}) =>
    api('POST', `/repositories/${to}/promotions`, body, by)
  async function promoted(body: unknown) {
    const answer = await promote(body)
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)])
    return Promoted.parse(JSON.parse(answer.text))
  }

  test('copies an image without moving a byte, and both go their own ways', async () => {
    const one = image('api/promote', {}, 40_000)
    await pushImage(target('dev/app'), one, 'v1')
    const stored = () => world.query('select digest, storage_key from blobs order by digest')
    const before = await stored()
    expect(await promoted({ from: 'dev/app:v1', tags: ['v1', 'stable'] })).toEqual({
      digest: one.manifest.digest,
      manifests: 1,
      blobs: 2,
    })
    expect(await stored()).toEqual(before)
    for (const tag of ['v1', 'stable']) await expectWhole(one, 'prod/app', tag)
    // Again changes nothing.
    expect(await promoted({ from: 'dev/app:v1', tags: ['v1'] })).toMatchObject({ manifests: 0, blobs: 0 })
    await expectCounted()
    check(await api('DELETE', APP), { status: 200 })
    world.clock.advance(20 * DAY)
    await collect(world.app.registry, { rest: async () => undefined })
    await expectWhole(one, 'prod/app', 'v1')
    await expectCounted()
    const actions = (await world.audit()).filter(({ target: of }) => of === 'repository:prod/app')
    expect(actions.map(({ action }) => action)).toEqual(['manifest.pushed'])
  })

  test('takes the tag that it comes from, or none of a digest', async () => {
    const one = image('api/default')
    await pushImage(target('dev/app'), one, 'v1')
    await promoted({ from: `dev/app@${one.manifest.digest}` })
    expect((await read('/repositories/prod%2Fapp/tags')).items).toEqual([])
    await promoted({ from: 'dev/app:v1' })
    await expectWhole(one, 'prod/app', 'v1')
  })

  test('takes along what belongs to it: platforms, referrers, and cosign’s tags', async () => {
    const children = [image('api/amd64'), image('api/arm64')]
    const all = index(children.map(({ manifest }) => descriptor(manifest, OCI_MANIFEST)))
    for (const child of children) await pushImage(target('dev/app'), child)
    check(await putManifest(target('dev/app'), 'multi', all), { status: 201 })
    const referrerOf = (label: string, subject: { bytes: Uint8Array; digest: string; mediaType: string }) => {
      const base = image(label)
      const body = {
        ...base.body,
        subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
      }
      return { ...base, manifest: manifestOf(body, OCI_MANIFEST) }
    }
    const sbom = referrerOf('api/sbom', found(children[0]).manifest)
    const signature = referrerOf('api/signature', sbom.manifest)
    const cosign = image('api/cosign')
    for (const each of [sbom, signature]) await pushImage(target('dev/app'), each)
    const tag = `${all.digest.replace(':', '-')}.sig`
    await pushImage(target('dev/app'), cosign, tag)
    await pushImage(target('dev/app'), image('api/unrelated'), 'other')

    expect(await promoted({ from: 'dev/app:multi', referrers: false })).toMatchObject({ manifests: 3 })
    expect((await pull('prod/app', tag)).status).toBe(404)
    expect(await promoted({ from: 'dev/app:multi' })).toMatchObject({ manifests: 3, digest: all.digest })
    expect((await pull('prod/app', 'multi')).bytes).toEqual(all.bytes)
    for (const each of [...children, sbom, signature, cosign]) await expectWhole(each, 'prod/app', each.manifest.digest)
    await expectWhole(cosign, 'prod/app', tag)
    expect((await pull('prod/app', 'other')).status).toBe(404)
    await expectCounted()
  })

  test('takes the right to pull there and to push here', async () => {
    const one = image('api/rights')
    const two = image('api/rights-2')
    await pushImage(target('dev/app'), one, 'v1')
    await pushImage(target('prod/app'), two, 'v1')
    const [reader, pusher, blind] = [await world.user('reader'), await world.user('pusher'), await world.user('blind')]
    await world.grant('dev', 'user:reader', 'reader')
    await world.grant('prod', 'user:reader', 'reader')
    await world.grant('dev', 'user:pusher', 'reader')
    await world.grant('prod', 'user:pusher', 'pull,push')
    await world.grant('prod', 'user:blind', 'owner')
    const before = await world.query('select * from manifests')
    const from = 'dev/app:v1'
    expect((await promote({ from }, { by: reader })).status).toBe(403)
    expect((await promote({ from }, { by: pusher })).status).toBe(403)
    const [hidden, absent] = [
      await promote({ from }, { by: blind }),
      await promote({ from: 'dev/gone:v1' }, { by: blind }),
    ]
    expect([hidden.status, hidden.text.replace('dev/app', 'dev/gone')]).toEqual([404, absent.text])
    expect(await world.query('select * from manifests')).toEqual(before)
    await expectWhole(two, 'prod/app', 'v1')
    expect((await promote({ from, tags: ['v2'] }, { by: pusher })).status).toBe(201)
    await expectWhole(one, 'prod/app', 'v2')
    for (const [body, status] of [
      [{ from: 'dev/app' }, 400],
      [{ from: 'dev/app:none' }, 404],
      [{ from: 'dev/none:v1' }, 404],
      [{ from: 'DEV:v1' }, 404],
      [{ from: 'dev/app@sha256:zz' }, 400],
      [{ from, tags: ['-'] }, 400],
    ] as const)
      expect([body, (await promote(body)).status]).toEqual([body, status])
  })

  test('tells nobody where it came from who may not pull there, nor who did it to those who may not push', async () => {
    const one = image('api/whence')
    await pushImage(target('dev/codename'), one, 'v1')
    await promoted({ from: 'dev/codename:v1' })
    await world.setPublic('prod', true)
    const [reader, pusher] = [await world.user('reader'), await world.user('pusher')]
    await world.grant('prod', 'user:pusher', 'pull,push')
    const history = async (headers: Readonly<Record<string, string>>) => {
      const answer = check(await world.api('GET', '/repositories/prod%2Fapp/history', headers), { status: 200 })
      expect(answer.text).not.toContain('codename')
      return JSON.parse(answer.text).items
    }
    const move = {
      tag: 'v1',
      digest: one.manifest.digest,
      reason: 'promoted',
      manifest: 'there',
      at: expect.any(String),
    }
    expect(await history({})).toEqual([move])
    expect(await history(reader.basic)).toEqual([move])
    expect(await history(pusher.basic)).toEqual([{ ...move, actor: 'owner' }])
    const rows = await world.audit()
    const row = rows.find(({ target: at, action }) => at === 'repository:prod/app' && action === 'manifest.pushed')
    expect(JSON.parse(found(row).detail)).toMatchObject({ from: 'dev/codename' })
  })

  test('makes the project that a push would make, once there is something to promote', async () => {
    const one = image('api/creates')
    await pushImage(target('dev/app'), one, 'v1')
    const projects = async () => (await read('/projects')).items.map(({ name }: { name: string }) => name)
    expect((await promote({ from: 'dev/app:none' }, { to: 'owner%2Fapp' })).status).toBe(404)
    expect(await projects()).toEqual(['dev', 'prod'])
    expect((await promote({ from: 'dev/app:v1' }, { to: 'owner%2Fapp' })).status).toBe(201)
    expect(await projects()).toEqual(['dev', 'owner', 'prod'])
    await expectWhole(one, 'owner/app', 'v1')
    expect((await promote({ from: 'dev/app:v1' }, { to: 'stranger%2Fapp' })).status).toBe(404)
  })

  test('gives nobody what the source itself does not hold', async () => {
    await world.close()
    world = await World.open({ content: { sparse: true } })
    owner = await world.user('owner')
    for (const project of ['dev', 'prod', 'victim']) {
      await world.project(project)
      await world.grant(project, 'user:owner', 'owner')
    }
    const [secret, own] = [image('api/secret'), image('api/own')]
    await pushImage(target('victim/app'), secret, 'v1')
    await pushBlobsOf(target('dev/app'), own)
    const layers = [descriptor(secret.layer, 'application/octet-stream')]
    check(await putManifest(target('dev/app'), 'v1', manifestOf({ ...own.body, layers }, OCI_MANIFEST)), {
      status: 201,
    })
    await promoted({ from: 'dev/app:v1' })
    const stolen = await world.send('GET', blobPath('prod/app', secret.layer.digest), { headers: owner.basic })
    expect(stolen.status).toBe(404)
  })

  test('of too much is refused as a whole', async () => {
    const base = image('api/many')
    await pushBlobsOf(target('dev/app'), base)
    const parts = Array.from({ length: 1001 }, (_, number) =>
      manifestOf({ ...base.body, annotations: { number: `${number}` } }, OCI_MANIFEST),
    )
    for (const part of parts) await putManifest(target('dev/app'), part.digest, part)
    const halves = [parts.slice(0, 500), parts.slice(500)].map((half) =>
      index(half.map((part) => descriptor(part, OCI_MANIFEST))),
    )
    for (const half of halves) check(await putManifest(target('dev/app'), half.digest, half), { status: 201 })
    const whole = index(halves.map(({ bytes, digest, mediaType }) => ({ mediaType, digest, size: bytes.length })))
    check(await putManifest(target('dev/app'), 'whole', whole), { status: 201 })
    const answer = await promote({ from: 'dev/app:whole' })
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('1000')])
    expect((await pull('prod/app', 'whole')).status).toBe(404)
    expect(await world.query("select * from repositories where name = 'prod/app'")).toEqual([])
  })
})

describe('rules hold for every way that a tag can move', () => {
  test('an immutable tag is neither retagged, rolled back, promoted over nor deleted with its repository', async () => {
    const [one, two] = [image('api/immutable'), image('api/immutable-2')]
    await pushImage(target('dev/app'), two, 'v1')
    await pushImage(target('dev/app'), one, 'v1')
    await pushImage(target('prod/app'), two, 'v1')
    await addImmutabilityRule(world, 'dev', 'v*')
    const answers = [
      await api('PUT', `${APP}/tags/v1`, { from: two.manifest.digest }),
      await api('POST', `${APP}/tags/v1/roll-back`, { to: two.manifest.digest }),
      await api('POST', `${APP}/promotions`, { from: 'prod/app:v1' }),
      await api('DELETE', `${APP}/tags/v1`),
      await api('DELETE', APP),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
    await expectWhole(one, 'dev/app', 'v1')
    expect((await world.audit()).filter(({ outcome }) => outcome === 'refused')).toHaveLength(5)
  })
})
