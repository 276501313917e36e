import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { check as fsck } from '../../src/fsck/fsck.ts'
import { collect } from '../../src/gc/collect.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { binManifests } from '../../src/registry/bin.ts'
import type { Operation } from '../../src/registry/operation.ts'
import { restoreDeletion } from '../../src/registry/restore-deletion.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { OciError } from '../../src/oci/errors.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { check } from '../conformance/support/check.ts'
import type { Content } from '../conformance/support/content.ts'
import { manifestPath, OCI_INDEX, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { blobPath } from '../conformance/support/uploads.ts'
import { found, type Person, World } from '../access/support/world.ts'
import { rowsIn } from '../support/rows.ts'
import { descriptor, type Image, image, index, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const DAY = 24 * 60 * 60_000
const NAME = 'team/app'

let world: World
let owner: Person
async function open(config: Readonly<Record<string, unknown>> = {}) {
  world = await World.open({ gc: { trashDelay: '0s', untagged: '7d' }, ...config })
  await world.project('team')
  owner = await world.user('owner')
  await world.grant('team', 'user:owner', 'owner')
}
beforeEach(() => open())
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.checkAudit()
  await world.close()
})

const target = (name = NAME) => ({ registry: world.with(owner.basic), name })
const pull = (reference: string, name = NAME) =>
  world.send('GET', manifestPath(name, reference), { headers: owner.basic })
const blob = ({ digest }: Content, name = NAME) => world.send('GET', blobPath(name, digest), { headers: owner.basic })
const remove = async (reference: string, name = NAME) =>
  check(await world.send('DELETE', manifestPath(name, reference), { headers: owner.basic }), { status: 202 })
const api = (method: string, path: string, body?: unknown, by = owner) => world.api(method, path, by.basic, body)

const Bin = z.object({
  items: z.array(
    z.object({
      id: z.number(),
      kind: z.string(),
      repository: z.string(),
      restorableUntil: z.string(),
      manifests: z.number(),
    }),
  ),
  next: z.number().optional(),
})
async function bin(query = '', by = owner) {
  return Bin.parse(JSON.parse((await api('GET', `/deletions${query}`, undefined, by)).text))
}
async function lastDeletion(): Promise<number> {
  return found((await bin()).items[0]).id
}
const Restored = z.object({
  repository: z.string(),
  manifests: z.number(),
  tags: z.array(z.string()),
  skippedTags: z.array(z.object({ tag: z.string(), digest: z.string() })),
})
async function restore(deletion: number, body: unknown = {}) {
  const answer = await api('POST', `/deletions/${deletion}/restore`, body)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return Restored.parse(JSON.parse(answer.text))
}

/** Long after every lease, so that nothing is kept but by what names it. */
async function collectLater(ms = 2 * DAY) {
  world.clock.advance(ms)
  await collect(world.app.registry, { rest: async () => undefined })
}

async function expectWhole({ config, layer, manifest }: Image, reference: string, name = NAME) {
  expect((await pull(reference, name)).bytes).toEqual(manifest.bytes)
  for (const part of [config, layer]) {
    const answer = await blob(part, name)
    expect([answer.status, answer.bytes]).toEqual([200, part.bytes])
  }
}

async function expectSound() {
  const { database, registry } = world.app
  const { findings } = await fsck({ database, blobs: registry.blobs, allowSparse: false }, { quick: false })
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  const counted = await world.query(`
    select id, bytes, unique_bytes from repositories where bytes <> coalesce((
      select sum(size) from repository_blobs join blobs using (digest) where repository_id = repositories.id), 0)
    or unique_bytes <> coalesce((
      select sum(size) from repository_blobs join blobs using (digest)
      where repository_id = repositories.id and holders = 1), 0)`)
  expect(counted).toEqual([])
}

describe('an image that was deleted', () => {
  const one = image('bin/one', {}, 40_000)

  test('comes back with its blobs and tags, byte for byte, also when the collector had been there', async () => {
    await pushImage(target(), one, 'v1')
    await putManifest(target(), 'stable', one.manifest)
    await remove(one.manifest.digest)
    await collectLater()
    expect((await pull('v1')).status).toBe(404)
    // Nobody reads the layers of what is deleted.
    expect((await blob(one.layer)).status).toBe(404)
    const { items } = await bin()
    expect(items).toEqual([expect.objectContaining({ kind: 'manifest', repository: NAME, manifests: 1 })])
    const { id, restorableUntil } = found(items[0])
    expect(Date.parse(restorableUntil)).toBe(world.clock.now().getTime() + 12 * DAY)
    expect(await restore(id)).toEqual({ repository: NAME, manifests: 1, tags: ['stable', 'v1'], skippedTags: [] })
    for (const reference of ['v1', 'stable', one.manifest.digest]) await expectWhole(one, reference)
    expect((await bin()).items).toEqual([])
    expect(await world.query('select * from deletions')).toEqual([])
    await collectLater()
    await expectWhole(one, 'v1')
    await expectSound()
    const actions = (await world.audit()).map(({ action, actor_name }) => `${action} ${actor_name}`)
    expect(actions).toContain('manifest.restored owner')
    expect(actions.filter((action) => action === 'tag.moved owner')).toHaveLength(1)
  })

  test('cannot be restored once its time is over, whether or not the collector was there', async () => {
    await pushImage(target(), one, 'v1')
    await remove(one.manifest.digest)
    const deletion = await lastDeletion()
    world.clock.advance(14 * DAY)
    expect((await bin()).items).toEqual([])
    expect((await api('POST', `/deletions/${deletion}/restore`, {})).status).toBe(404)
    await collectLater(0)
    expect((await api('POST', `/deletions/${deletion}/restore`, {})).status).toBe(404)
    await collectLater()
    expect(await world.query('select digest from blobs')).toEqual([])
  })

  test('leaves alone the tags that are there again', async () => {
    const other = image('bin/other')
    await pushImage(target(), one, 'v1')
    await putManifest(target(), 'v2', one.manifest)
    await remove(one.manifest.digest)
    await pushImage(target(), other, 'v1')
    const restored = await restore(await lastDeletion())
    expect(restored).toMatchObject({ tags: ['v2'], skippedTags: [{ tag: 'v1', digest: one.manifest.digest }] })
    expect((await pull('v1')).bytes).toEqual(other.manifest.bytes)
    await expectWhole(one, 'v2')
  })

  test('without a tag has its time again', async () => {
    await pushImage(target(), one)
    world.clock.advance(30 * DAY)
    await remove(one.manifest.digest)
    await collectLater()
    await restore(await lastDeletion())
    await collectLater(DAY / 2)
    await expectWhole(one, one.manifest.digest)
  })

  test('that is missing a blob says which one', async () => {
    await pushImage(target(), one, 'v1')
    await remove(one.manifest.digest)
    await collectLater()
    const deletion = await lastDeletion()
    await rowsIn(world.dataDir, 'update blobs set damaged_at = 1 where digest = ?', [one.layer.digest])
    const answer = await api('POST', `/deletions/${deletion}/restore`, {})
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining(one.layer.digest)])
    expect(answer.text).toContain('damaged')
    expect((await pull('v1')).status).toBe(404)
    await rowsIn(world.dataDir, 'update blobs set damaged_at = null where digest = ?', [one.layer.digest])
    await restore(deletion)
    await expectWhole(one, 'v1')
  })
})

describe('what belongs together', () => {
  const children = [image('bin/amd64'), image('bin/arm64')]
  const all = index(children.map(({ manifest }) => descriptor(manifest, OCI_MANIFEST)))

  async function pushIndex(name = NAME) {
    for (const child of children) await pushImage(target(name), child)
    check(await putManifest(target(name), 'multi', all), { status: 201 })
  }

  test('an index brings its images, which went by another deletion', async () => {
    await pushIndex()
    await remove(all.digest)
    await remove(found(children[0]).manifest.digest)
    // The collector takes the other one.
    await collectLater(9 * DAY)
    expect((await bin()).items.map(({ kind }) => kind)).toEqual(['untagged', 'manifest', 'manifest'])
    const [, , first] = (await bin()).items
    expect(await restore(found(first).id)).toMatchObject({ manifests: 3, tags: ['multi'] })
    expect((await pull('multi')).bytes).toEqual(all.bytes)
    for (const child of children) await expectWhole(child, child.manifest.digest)
    expect(await world.query('select * from deletions')).toEqual([])
    await expectSound()
  })

  test('an index whose part is gone for good is not half restored', async () => {
    await pushIndex()
    await remove(all.digest)
    const whole = await lastDeletion()
    await remove(found(children[1]).manifest.digest)
    const part = await lastDeletion()
    check(await api('DELETE', `/deletions/${part}`), { status: 204 })
    for (const ms of [0, 1000]) {
      const answer = await api('POST', `/deletions/${whole}/restore`, {})
      expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('gone')])
      expect((await pull('multi')).status).toBe(404)
      await collectLater(ms)
    }
  })

  test('an index of blobs, as build caches are', async () => {
    const cached = image('bin/cache')
    await pushBlobsOf(target(), cached)
    const cache = index([descriptor(cached.layer, 'application/vnd.oci.image.layer.v1.tar')])
    check(await putManifest(target(), 'cache', cache), { status: 201 })
    await remove(cache.digest)
    await collectLater()
    expect((await blob(cached.layer)).status).toBe(404)
    await restore(await lastDeletion())
    expect((await blob(cached.layer)).bytes).toEqual(cached.layer.bytes)
    await expectSound()
  })

  test('a signature that went because its image had gone comes back with it; one that was deleted by hand does not', async () => {
    const signed = image('bin/signed')
    const subject = descriptor(signed.manifest, OCI_MANIFEST)
    const signatures = ['a', 'b'].map((label) => {
      const signature = image(`bin/signature-${label}`)
      return { ...signature, manifest: manifestOf({ ...signature.body, subject }, OCI_MANIFEST) }
    })
    await pushImage(target(), signed, 'v1')
    for (const signature of signatures) await pushImage(target(), signature)
    await remove(found(signatures[1]).manifest.digest)
    await remove(signed.manifest.digest)
    const deletion = await lastDeletion()
    await collectLater(9 * DAY)
    expect((await pull(found(signatures[0]).manifest.digest)).status).toBe(404)
    expect(await restore(deletion)).toMatchObject({ manifests: 2 })
    await expectWhole(found(signatures[0]), found(signatures[0]).manifest.digest)
    expect((await pull(found(signatures[1]).manifest.digest)).status).toBe(404)
    const { manifests } = JSON.parse(
      (await world.send('GET', `/v2/${NAME}/referrers/${signed.manifest.digest}`, { headers: owner.basic })).text,
    )
    expect(manifests).toHaveLength(1)
  })
})

describe('restoring is no way to what others hold', () => {
  const secret = image('bin/secret')
  const NONDISTRIBUTABLE = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'

  async function victim() {
    await world.project('victim')
    await world.grant('victim', 'user:owner', 'owner')
    await pushImage(target('victim/app'), secret, 'v1')
    await world.ungrant('victim', (await world.userNamed('owner')).id)
    const person = await world.user('thief')
    await world.grant('team', 'user:thief', 'owner')
    return person
  }

  async function steal(thief: Person, body: object, mediaType: string) {
    const registry = { registry: world.with(thief.basic), name: NAME }
    const own = image('bin/own')
    await pushBlobsOf(registry, own)
    const manifest = manifestOf({ ...own.body, mediaType, ...body }, mediaType)
    check(await putManifest(registry, 'theft', manifest), { status: 201 })
    const get = () => world.send('GET', blobPath(NAME, secret.layer.digest), { headers: thief.basic })
    expect((await get()).status).toBe(404)
    const named = () =>
      world.query(
        `select digest from manifest_blobs where manifest = ? union
         select child from manifest_children where parent = ? order by 1`,
        manifest.digest,
        manifest.digest,
      )
    const before = await named()
    await world.send('DELETE', manifestPath(NAME, manifest.digest), { headers: thief.basic })
    const [deletion] = await world.query<{ id: number }>('select max(id) as id from deletions')
    check(await api('POST', `/deletions/${found(deletion).id}/restore`, {}, thief), { status: 200 })
    expect((await world.send('GET', manifestPath(NAME, 'theft'), { headers: thief.basic })).status).toBe(200)
    // Should it come one day, it is kept for this image as it would have been.
    expect(await named()).toEqual(before)
    expect(JSON.stringify(before)).toContain(secret.layer.digest)
    expect((await get()).status).toBe(404)
  }

  test('by a layer that need not be here', async () => {
    const own = image('bin/own')
    const layers = [descriptor(own.layer, 'application/octet-stream'), descriptor(secret.layer, NONDISTRIBUTABLE)]
    await steal(await victim(), { layers }, OCI_MANIFEST)
  })

  test('by images that need not be complete', async () => {
    await world.close()
    await open({ content: { sparse: true } })
    const thief = await victim()
    await steal(thief, { layers: [descriptor(secret.layer, 'application/octet-stream')] }, OCI_MANIFEST)
  })

  test('nor by an index that need not be complete', async () => {
    await world.close()
    await open({ content: { sparse: true } })
    const thief = await victim()
    const manifests = [descriptor(secret.layer, 'application/octet-stream')]
    await steal(thief, { config: undefined, layers: undefined, manifests }, OCI_INDEX)
  })
})

describe('a repository that was deleted', () => {
  const one = image('bin/repository', {}, 40_000)
  const AT = '/repositories/team%2Fapp'
  const Deleted = z.object({ deletion: z.number(), restorableUntil: z.string() })

  async function removeAll() {
    const answer = await api('DELETE', AT)
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return Deleted.parse(JSON.parse(answer.text))
  }

  test('comes back as it was, with its history', async () => {
    await pushImage(target(), one, 'v1')
    await putManifest(target(), 'v2', one.manifest)
    const before = (await api('GET', `${AT}/history`)).text
    const { deletion, restorableUntil } = await removeAll()
    expect(Date.parse(restorableUntil)).toBe(world.clock.now().getTime() + 14 * DAY)
    for (const answer of [await pull('v1'), await api('GET', AT), await api('GET', `${AT}/history`)])
      expect(answer.status).toBe(404)
    await collectLater()
    expect((await bin('?repository=team/app')).items).toEqual([
      expect.objectContaining({ id: deletion, kind: 'repository', repository: NAME, manifests: 1 }),
    ])
    expect(await restore(deletion)).toMatchObject({ repository: NAME, manifests: 1 })
    await collectLater()
    for (const tag of ['v1', 'v2']) await expectWhole(one, tag)
    expect((await api('GET', `${AT}/history`)).text).toBe(before)
    expect((await bin()).items).toEqual([])
    await expectSound()
    expect((await world.audit()).map(({ action }) => action)).toContain('repository.restored')
  })

  test('whose name is taken comes back under another one', async () => {
    await pushImage(target(), one, 'v1')
    const { deletion } = await removeAll()
    const again = image('bin/again')
    await pushImage(target(), again, 'v1')
    const refused = await api('POST', `/deletions/${deletion}/restore`, {})
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('another name')])
    for (const [to, status] of [
      [NAME, 409],
      ['Not A Name', 400],
      ['else/app', 404],
    ] as const)
      expect([to, (await api('POST', `/deletions/${deletion}/restore`, { to })).status]).toEqual([to, status])
    expect(await restore(deletion, { to: 'team/old' })).toMatchObject({ repository: 'team/old' })
    await expectWhole(one, 'v1', 'team/old')
    await expectWhole(again, 'v1')
    await expectSound()
  })

  test('moves to another project only by whoever may read it', async () => {
    await pushImage(target(), one, 'v1')
    const { deletion } = await removeAll()
    const cleaner = await world.user('cleaner')
    await world.project('mine')
    await world.grant('mine', 'user:cleaner', 'owner')
    await world.grant('team', 'user:cleaner', 'delete')
    const path = `/deletions/${deletion}/restore`
    expect((await api('POST', path, { to: 'mine/app' }, cleaner)).status).toBe(404)
    await world.grant('team', 'user:cleaner', 'pull,delete')
    expect((await api('POST', path, { to: 'mine/app' }, cleaner)).status).toBe(200)
    expect((await world.send('GET', manifestPath('mine/app', 'v1'), { headers: cleaner.basic })).status).toBe(200)
  })

  test('hides what was deleted in it before, until it is back', async () => {
    await pushImage(target(), one, 'v1')
    await pushImage(target(), image('bin/kept'), 'kept')
    await remove(one.manifest.digest)
    const inner = await lastDeletion()
    const { deletion } = await removeAll()
    expect((await bin()).items.map(({ id }) => id)).toEqual([deletion])
    expect((await api('POST', `/deletions/${inner}/restore`, {})).status).toBe(409)
    expect((await api('POST', `/deletions/${inner}/restore`, { to: 'team/x' })).status).toBe(409)
    await restore(deletion)
    expect((await api('POST', `/deletions/${inner}/restore`, { to: 'team/x' })).status).toBe(400)
    await restore(inner)
    await expectWhole(one, 'v1')
  })

  test('is in nobody’s way once it is purged', async () => {
    await pushImage(target(), one, 'v1')
    const { deletion } = await removeAll()
    check(await api('DELETE', `/deletions/${deletion}`), { status: 204 })
    expect((await bin()).items).toEqual([])
    expect((await api('POST', `/deletions/${deletion}/restore`, {})).status).toBe(404)
    await collectLater(0)
    await collectLater()
    expect(await world.query('select * from repositories')).toEqual([])
    expect(await world.query('select * from blobs')).toEqual([])
    expect((await world.audit()).map(({ action }) => action)).toContain('deletion.purged')
  })
})

describe('who sees the recycle bin', () => {
  const one = image('bin/rights')

  test('whoever may delete there, and nobody else', async () => {
    await pushImage(target(), one, 'v1')
    await remove(one.manifest.digest)
    const deletion = await lastDeletion()
    const auditor = await world.user('auditor', { systemRole: 'auditor' })
    const people: readonly (readonly [Person, readonly number[]])[] = [
      [await world.user('stranger'), [404, 404, 404]],
      [await world.user('writer'), [404, 404, 404]],
      [auditor, [404, 404, 404]],
      [await world.user('maintainer'), [200, 403, 200]],
    ]
    await world.grant('team', 'user:writer', 'writer')
    await world.grant('team', 'user:maintainer', 'maintainer')
    for (const [person, expected] of people) {
      const answers = [
        await api('GET', `/deletions/${deletion}`, undefined, person),
        await api('DELETE', `/deletions/${deletion}`, undefined, person),
        await api('POST', `/deletions/${deletion}/restore`, {}, person),
      ]
      expect([person.name, answers.map(({ status }) => status)]).toEqual([person.name, [...expected]])
      expect((await bin('', person)).items).toEqual([])
      // Absent and forbidden are told alike.
      if (expected[0] === 404) {
        const absent = await api('GET', '/deletions/424242', undefined, person)
        expect(answers.map(({ text }) => text.replace(`${deletion}`, '424242'))).toEqual([
          absent.text,
          absent.text,
          absent.text,
        ])
      }
    }
    await expectWhole(one, 'v1')
    const refused = (await world.audit()).filter(({ outcome }) => outcome === 'refused')
    expect(refused.length).toBeGreaterThan(5)
  })

  test('is listed by project and by repository, a page at a time', async () => {
    await world.project('team/inner')
    await world.grant('team/inner', 'user:owner', 'owner')
    const names = [NAME, 'team/app2', 'team/inner/x', NAME]
    for (const [number, name] of names.entries()) {
      const each = image(`bin/page-${number}`)
      await pushImage(target(name), each, 'v1')
      await remove(each.manifest.digest, name)
    }
    const named = async (query: string) => (await bin(query)).items.map(({ repository }) => repository)
    expect(await named('')).toEqual(names.toReversed())
    expect(await named('?project=team')).toEqual([NAME, 'team/app2', NAME])
    expect(await named('?project=team%2Finner')).toEqual(['team/inner/x'])
    expect(await named('?repository=team/app')).toEqual([NAME, NAME])
    const { items, next } = await bin('?limit=3')
    expect(items).toHaveLength(3)
    expect(await named(`?limit=3&before=${found(next)}`)).toEqual([NAME])
    const detail = JSON.parse((await api('GET', `/deletions/${found(items[0]).id}`)).text)
    const { digest } = image('bin/page-3').manifest
    expect(detail).toMatchObject({ digests: [digest], tags: [{ tag: 'v1', digest }], actor: 'owner' })
  })
})

describe('guards', () => {
  test('are told of every link, manifest and tag that comes back, and refuse all of it together', async () => {
    const one = image('bin/guarded')
    await pushImage(target(), one, 'v1')
    await remove(one.manifest.digest)
    await collectLater()
    const deletion = await lastDeletion()
    const { registry } = world.app
    const told: string[] = []
    let refused = 'move-tags'
    const guard = {
      name: 'test',
      check: async ({ type }: Operation) => {
        told.push(type)
        if (type === refused) throw new OciError('DENIED')
      },
    }
    const guarded = { ...registry, guards: [guard] }
    const rows = () =>
      Promise.all(
        ['manifests', 'repository_blobs', 'tags', 'deletions'].map((table) => world.query(`select * from ${table}`)),
      )
    const before = await rows()
    const request = { deletion, actor: OPERATOR }
    for (refused of ['restore-manifests', 'push-blob', 'move-tags'])
      await expect(restoreDeletion(guarded, request)).rejects.toThrow()
    expect(await rows()).toEqual(before)
    told.length = 0
    refused = ''
    await restoreDeletion(guarded, request)
    expect(told).toEqual(['restore-manifests', 'push-blob', 'push-blob', 'move-tags'])
    await expectWhole(one, 'v1')
  })
})

describe('a large deletion', () => {
  test('that was interrupted leaves every image restored or deleted, and goes on', async () => {
    const shared = image('bin/large')
    await pushBlobsOf(target(), shared)
    const manifests = Array.from({ length: 230 }, (_, number) =>
      manifestOf({ ...shared.body, annotations: { number: `${number}` } }, OCI_MANIFEST),
    )
    for (const [number, manifest] of manifests.entries()) await putManifest(target(), `t${number}`, manifest)
    const { registry } = world.app
    const [{ id: repositoryId } = { id: 0 }] = await world.query<{ id: number }>('select id from repositories')
    const deletion = found(
      await registry.database.write((tx) =>
        binManifests(
          registry,
          tx,
          { repository: parseRepositoryName(NAME), repositoryId, actor: OPERATOR },
          { kind: 'retention', reason: 'all of it', digests: manifests.map(({ digest }) => parseDigest(digest)) },
        ),
      ),
    )
    await collectLater()
    let seen = 0
    const dying = {
      name: 'dying',
      check: async () => {
        if (++seen > 200) throw new Error('killed')
      },
    }
    const request = { deletion, actor: OPERATOR }
    const broken = { ...registry, guards: [...registry.guards, dying] }
    await expect(restoreDeletion(broken, request)).rejects.toThrow('killed')
    const tags = () => world.query<{ name: string; digest: string }>('select name, digest from tags')
    const half = await tags()
    expect(half.length).toBeGreaterThan(0)
    expect(half.length).toBeLessThan(230)
    for (const { digest } of half)
      expect(await world.query('select deletion from manifests where digest = ?', digest)).toEqual([{ deletion: null }])
    expect(await world.query('select count(*) as hidden from manifests where deletion is not null')).toEqual([
      { hidden: 230 - half.length },
    ])
    await expectSound()
    const done = await restoreDeletion(registry, request)
    expect(done.manifests).toBe(230 - half.length)
    expect(await tags()).toHaveLength(230)
    expect(await world.query('select * from deletions')).toEqual([])
    await expectSound()
  })
})

describe('pulling what was deleted', () => {
  const errorOf = (answer: { text: string }) =>
    (JSON.parse(answer.text) as { errors: { code: string; message: string }[] }).errors[0]

  async function refusal(reference: string): Promise<string> {
    check(await world.send('HEAD', manifestPath(NAME, reference), { headers: owner.basic }), { status: 404 })
    const answer = await pull(reference)
    check(answer, { status: 404, error: 'MANIFEST_UNKNOWN' })
    return errorOf(answer)?.message ?? ''
  }
  const PLAIN = 'this repository has no such manifest'

  test('a tag says when it went and how it comes back, as long as it can', async () => {
    const one = image('pulling/tag')
    await pushImage(target(), one, 'v1')
    await putManifest(target(), 'other', one.manifest)
    world.clock.advance(1000)
    const at = world.clock.now()
    await remove('v1')
    expect(await refusal('v1')).toBe(
      `the tag "v1" was deleted at ${at.toISOString()} and can be restored ("berth bin restore ${NAME}:v1")`,
    )
    expect(await refusal('v2')).toBe(PLAIN)
    await remove(one.manifest.digest)
    const until = new Date(at.getTime() + 14 * DAY).toISOString()
    const how = `was deleted at ${at.toISOString()} and can be restored until ${until}`
    expect(await refusal('other')).toBe(`the tag "other" ${how} ("berth bin restore ${NAME}:other")`)
    expect(await refusal('v1')).toBe(`the tag "v1" ${how} ("berth bin restore ${NAME}:v1")`)
    expect(await refusal(one.manifest.digest)).toBe(
      `this manifest ${how} ("berth bin restore ${await lastDeletion()}")`,
    )
    world.clock.advance(14 * DAY)
    expect(await refusal('other')).toBe(
      `the tag "other" was deleted at ${at.toISOString()}; what it named is gone for good`,
    )
    expect(await refusal(one.manifest.digest)).toBe(
      `this manifest was deleted at ${at.toISOString()} and is gone for good`,
    )
    await pushImage(target(), one, 'other')
    check(await pull('other'), { status: 200 })
    expect(await refusal('v1')).toEndWith(`and can be restored ("berth bin restore ${NAME}:v1")`)
  })

  test('who may not pull learns nothing', async () => {
    await pushImage(target(), image('pulling/secret'), 'v1')
    await remove('v1')
    const stranger = await world.user('stranger')
    const ask = (reference: string) => world.send('GET', manifestPath(NAME, reference), { headers: stranger.basic })
    const [deleted, never] = [await ask('v1'), await ask('v2')]
    expect(deleted.status).toBe(never.status)
    expect(deleted.text).not.toContain('deleted')
  })
})
