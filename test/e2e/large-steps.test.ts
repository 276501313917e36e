import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { OPERATOR } from '../../src/lib/actor.ts'
import { setTag } from '../../src/metadata/tags.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { OciError } from '../../src/oci/errors.ts'
import { parseRepositoryName, parseTag } from '../../src/oci/name.ts'
import { deleteManifest } from '../../src/registry/delete-content.ts'
import type { Operation } from '../../src/registry/operation.ts'
import { promote } from '../../src/registry/promote.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { restoreDeletion } from '../../src/registry/restore-deletion.ts'
import { restoreTag } from '../../src/registry/roll-back.ts'
import { found, World } from '../access/support/world.ts'
import { check } from '../conformance/support/check.ts'
import { OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { descriptor, image, index, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'
import { countingRows } from './support/transactions.ts'

setDefaultTimeout(PATIENCE_MS)

const NAME = 'team/app'
const REPOSITORY = parseRepositoryName(NAME)
const PLACE = { repository: REPOSITORY, actor: OPERATOR }
const TAGS = 1250
const CHILDREN = 230
/** All other writers wait for a transaction: what it may change, whatever is asked for. */
const MOST_ROWS = 1200

let world: World
let rows: number[]
let registry: Registry
beforeEach(async () => {
  world = await World.open()
  await world.project('team')
  rows = []
  registry = { ...world.app.registry, database: countingRows(world.app.registry.database, rows) }
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.checkAudit()
  await world.close()
})

async function target() {
  const { basic } = await world.user('owner')
  await world.grant('team', 'user:owner', 'owner')
  return { registry: world.with(basic), name: NAME }
}

const one = image('steps/one')
async function pushWithTags(count = TAGS): Promise<string> {
  await pushImage(await target(), one, 'first')
  const digest = parseDigest(one.manifest.digest)
  const [{ id: repositoryId } = { id: 0 }] = await world.query<{ id: number }>('select id from repositories')
  const now = world.clock.now()
  await world.app.registry.database.write(async (tx) => {
    for (let number = 1; number < count; number++)
      await setTag(tx, {
        ...{ repositoryId, tag: parseTag(`t${number}`), digest, previous: undefined },
        ...{ by: { actor: OPERATOR, reason: '' }, now, reviewAt: now },
      })
  })
  return digest
}

const tags = async () => (await world.query<{ name: string }>('select name from tags')).length
const deletions = async () =>
  (await world.query<{ id: number }>('select id from deletions order by id')).map(({ id }) => id)
const hidden = async () =>
  (await world.query<{ hidden: number }>('select count(*) as hidden from manifests where deletion is not null'))[0]
    ?.hidden

/** Refuses from its n-th question on. */
function tiring(after: number, isAsked: (operation: Operation) => boolean = () => true) {
  let seen = 0
  const check = async (operation: Operation) => {
    if (isAsked(operation) && ++seen > after) throw new OciError('DENIED', { message: 'no more' })
  }
  return { ...registry, guards: [...registry.guards, { name: 'tiring', check }] }
}

describe('a manifest with very many tags', () => {
  test('is deleted in small steps as one deletion with one row in the audit, and comes back in small steps', async () => {
    const digest = await pushWithTags()
    const before = found((await world.audit()).at(-1)).id
    await deleteManifest(registry, PLACE, digest)
    expect(Math.max(...rows)).toBeLessThan(MOST_ROWS)
    expect([await tags(), await hidden(), await deletions()]).toEqual([0, 1, [1]])
    expect(await world.query('select distinct deletion from tag_events where digest is null')).toEqual([
      { deletion: 1 },
    ])
    const [row, ...more] = await world.audit(before)
    expect([row?.action, more]).toEqual(['manifest.deleted', []])
    expect(JSON.parse(row?.detail ?? '')).toMatchObject({ digest, tagCount: TAGS })

    rows.length = 0
    const restored = await restoreDeletion(registry, { deletion: 1, actor: OPERATOR })
    expect(Math.max(...rows)).toBeLessThan(MOST_ROWS)
    expect([restored.manifests, restored.tags.length, restored.skippedTags]).toEqual([1, TAGS, []])
    expect([await tags(), await hidden(), await deletions()]).toEqual([TAGS, 0, []])
    expect(await world.query('select tag from tag_events where deletion is not null')).toEqual([])
  })

  test('restoring that dies in between goes on where it was, and leaves alone what somebody did meanwhile', async () => {
    await deleteManifest(registry, PLACE, await pushWithTags())
    const request = { deletion: 1, actor: OPERATOR }
    await expect(restoreDeletion(tiring(5), request)).rejects.toThrow('no more')
    const half = await tags()
    expect(half).toBeGreaterThan(0)
    expect(half).toBeLessThan(TAGS)
    const [{ name } = { name: '' }] = await world.query<{ name: string }>('select name from tags')
    await deleteManifest(registry, PLACE, name)
    const { manifests, tags: back } = await restoreDeletion(registry, request)
    expect([manifests, back.length]).toEqual([0, TAGS - half])
    expect([await tags(), await hidden(), await deletions()]).toEqual([TAGS - 1, 0, []])
  })

  test('what refuses the last tag refuses all of it; what comes in between leaves what can be restored', async () => {
    const digest = await pushWithTags()
    const last = found(
      (await world.query<{ name: string }>('select name from tags order by name desc limit 1')).map(
        ({ name }) => name,
      )[0],
    )
    const keeping = (operation: Operation) =>
      operation.type === 'delete-manifests' && operation.tags.includes(parseTag(last))
    await expect(deleteManifest(tiring(0, keeping), PLACE, digest)).rejects.toThrow('no more')
    expect([await tags(), await hidden(), await deletions()]).toEqual([TAGS, 0, []])

    const before = found((await world.audit()).at(-1)).id
    await expect(deleteManifest(tiring(4), PLACE, digest)).rejects.toThrow('no more')
    const left = await tags()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(TAGS)
    expect([await hidden(), await deletions()]).toEqual([0, [1]])
    expect((await world.audit(before)).map(({ action }) => action)).toEqual(['tag.deleted'])
    // The rest is another deletion; the first one brings the manifest back all the same.
    await deleteManifest(registry, PLACE, digest)
    const restored = await restoreDeletion(registry, { deletion: 1, actor: OPERATOR })
    expect([restored.manifests, restored.tags.length]).toEqual([1, TAGS - left])
    expect([await tags(), await hidden()]).toEqual([TAGS - left, 0])
    await restoreDeletion(registry, { deletion: 2, actor: OPERATOR })
    expect([await tags(), await deletions()]).toEqual([TAGS, []])
  })

  test('one tag comes back alone in one small step, and the others later', async () => {
    await deleteManifest(registry, PLACE, await pushWithTags())
    rows.length = 0
    expect(await restoreTag(registry, PLACE, parseTag('t7'))).toMatchObject({ restored: true })
    expect(Math.max(...rows)).toBeLessThan(100)
    expect((await restoreDeletion(registry, { deletion: 1, actor: OPERATOR })).tags).toHaveLength(TAGS - 1)
    expect([await tags(), await deletions()]).toEqual([TAGS, []])
  })
})

describe('an index with very many images', () => {
  async function pushIndex(): Promise<string> {
    const to = await target()
    await pushBlobsOf(to, one)
    const children = Array.from({ length: CHILDREN }, (_, number) =>
      manifestOf({ ...one.body, annotations: { number: `${number}` } }, OCI_MANIFEST),
    )
    for (const child of children) check(await putManifest(to, child.digest, child), { status: 201 })
    const all = index(children.map((child) => descriptor(child, OCI_MANIFEST)))
    check(await putManifest(to, 'all', all), { status: 201 })
    return all.digest
  }
  const inTarget = () =>
    world.query<{ digest: string; name: string | null }>(
      `select m.digest, t.name from manifests m join repositories r on r.id = m.repository_id
       left join tags t on t.repository_id = r.id and t.digest = m.digest where r.name = 'prod/app'`,
    )
  const promotion = (more: object = {}) => ({
    from: { repository: REPOSITORY, reference: 'all' },
    to: parseRepositoryName('prod/app'),
    ...{ tags: [parseTag('v1')], referrers: true, actor: OPERATOR, overwriteRefusal: undefined, ...more },
  })

  test('is promoted in small steps, its tag last; what was interrupted left nothing with a name, and goes on', async () => {
    const digest = await pushIndex()
    await expect(promote(tiring(100), promotion())).rejects.toThrow('no more')
    const half = await inTarget()
    expect(half.length).toBeGreaterThan(0)
    expect(half.length).toBeLessThan(CHILDREN)
    expect(half.every(({ name }) => name === null)).toBe(true)
    rows.length = 0
    const done = await promote(registry, promotion())
    expect([done.digest as string, done.manifests]).toEqual([digest, CHILDREN + 1 - half.length])
    expect(Math.max(...rows)).toBeLessThan(MOST_ROWS)
    expect(rows.length).toBeGreaterThan(CHILDREN / 50)
    expect(await inTarget()).toHaveLength(CHILDREN + 1)
    expect((await inTarget()).filter(({ name }) => name !== null)).toEqual([{ digest, name: 'v1' }])
  })

  test('what refuses its tag refuses it before anything is copied', async () => {
    await pushIndex()
    const isTagged = (operation: Operation) => operation.type === 'push-manifest' && operation.tags.length > 0
    await expect(promote(tiring(0, isTagged), promotion())).rejects.toThrow('no more')
    expect(await inTarget()).toEqual([])
  })

  test('comes back from the recycle bin in small steps', async () => {
    const digest = await pushIndex()
    await deleteManifest(registry, PLACE, digest)
    for (const child of await world.query<{ digest: string }>('select digest from manifests where deletion is null'))
      await deleteManifest(registry, PLACE, child.digest)
    expect(await hidden()).toBe(CHILDREN + 1)
    const refusing = (operation: Operation) => operation.type === 'move-tags'
    await expect(restoreTag(tiring(0, refusing), PLACE, parseTag('all'))).rejects.toThrow('no more')
    expect(await hidden()).toBe(CHILDREN + 1)

    rows.length = 0
    expect(await restoreTag(registry, PLACE, parseTag('all'))).toMatchObject({ digest, restored: true })
    expect(Math.max(...rows)).toBeLessThan(MOST_ROWS)
    expect(rows.length).toBeGreaterThan(CHILDREN / 100)
    expect([await hidden(), await tags(), await deletions()]).toEqual([0, 1, []])
  })
})
