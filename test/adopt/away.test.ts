/** A place that is not there for a while: nothing of it is lost, and nothing else suffers. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adoptRepository } from '../../src/adopt/adopt-repository.ts'
import { hasWork, indexPlaces } from '../../src/adopt/index-places.ts'
import { Places } from '../../src/adopt/place.ts'
import { check as fsck } from '../../src/fsck/fsck.ts'
import { jobActor } from '../../src/lib/actor.ts'
import { createLog } from '../../src/observability/log.ts'
import type { RepositoryName } from '../../src/oci/name.ts'
import { scrubNow } from '../../src/scrub/run.ts'
import { openStore } from '../../src/storage/open.ts'
import { PlaceAway } from '../../src/storage/adopted/place-away.ts'
import { openFolderTree } from '../../src/storage/adopted/folder-tree.ts'
import type { Tree } from '../../src/storage/adopted/tree.ts'
import { check } from '../conformance/support/check.ts'
import { listTags, manifestPath } from '../conformance/support/manifests.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import type { InProcess } from '../e2e/support/in-process.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { layTree, repositoryAt } from '../support/adopted-tree.ts'
import { rowsOf } from '../support/rows.ts'
import { PLACE, readAll, withAdopted } from './support/adopted.ts'

setDefaultTimeout(PATIENCE_MS)

const SIZE = { repositories: 6, tags: 4, manifests: 2 }
const QUIET = createLog({ level: 'error', now: () => new Date(), write: () => undefined })

let made: string
let tree: string
beforeEach(async () => {
  made = await mkdtemp(join(tmpdir(), 'berth-away-'))
  tree = join(made, 'tree')
  layTree(tree, SIZE)
})
afterEach(() => rm(made, { recursive: true, force: true }))

const away = () => rename(tree, join(made, 'elsewhere'))
const back = () => rename(join(made, 'elsewhere'), tree)
const tagCount = async ({ app }: InProcess) =>
  (await rowsOf<{ n: number }>(app.database, 'select count(*) as n from tags'))[0]?.n

/** A folder that calls before each look for the tags of a repository. */
function watched(folder: string, before: (looks: number) => Promise<void>): Tree {
  let looks = 0
  const files = openFolderTree(folder)
  return {
    ...files,
    async *entries(path) {
      if (path.endsWith('/_manifests/tags')) await before(++looks)
      yield* files.entries(path)
    },
  }
}

async function index({ app: { registry } }: InProcess, at: Tree): Promise<boolean> {
  const trees = new Map([[PLACE, at]])
  await indexPlaces({ registry, trees, log: QUIET, signal: undefined })
  return hasWork({ registry, trees })
}

test('a tree that vanishes while it is read is not taken for an empty one', () =>
  withAdopted(tree, async (world) => {
    const vanishing = watched(tree, async (looks) => {
      if (looks === 3) await away()
    })
    expect(await index(world, vanishing)).toBe(true)
    const [place] = await rowsOf<{ state: string; problem: string }>(
      world.app.database,
      'select state, problem from adopted_places',
    )
    expect(place).toEqual({ state: 'reading', problem: expect.stringContaining('is not there') })
    await back()
    await readAll(world, tree)
    expect(await tagCount(world)).toBe(SIZE.repositories * SIZE.tags)
  }))

test('one that is back before anybody looks whether it is there is read', () =>
  withAdopted(tree, async (world) => {
    const files = openFolderTree(tree)
    let hidden = ''
    const flickering: Tree = {
      ...files,
      async *entries(path) {
        if (hidden === '' && path.endsWith('/_manifests/tags')) hidden = path
        else yield* files.entries(path)
      },
    }
    expect(await index(world, flickering)).toBe(false)
    expect(hidden).not.toBe('')
    expect(await tagCount(world)).toBe(SIZE.repositories * SIZE.tags)
  }))

test('a repository that is gone before it was ever read is waited for once, and told of', () =>
  withAdopted(tree, async (world) => {
    const name = repositoryAt(2) as RepositoryName
    const { registry } = world.app
    const place = await new Places(new Map([[PLACE, openFolderTree(tree)]])).require(PLACE)
    const at = join(tree, 'docker/registry/v2/repositories', name)
    await rename(at, join(made, 'moved'))
    const read = () => adoptRepository({ registry, place, name, round: 1 })
    await expect(read()).rejects.toThrow('is not there any more')
    expect(await rowsOf(world.app.database, 'select * from adopted_repositories')).toEqual([])
    expect(await read()).toEqual({ manifests: 0, tags: 0, problems: 1 })
    await rename(join(made, 'moved'), at)
  }))

const image1 = image('away/one')
const goodTag = manifestPath(repositoryAt(0), 'v1')

test('what other places and this registry have is served while one is missing', async () => {
  const empty = join(made, 'empty')
  await mkdir(empty)
  const config = { adopt: { missing: join(made, 'nowhere'), empty, [PLACE]: tree } }
  await withAdopted(
    tree,
    async (world) => {
      check(await world.send('GET', goodTag), { status: 200 })
      expect((await listTags({ registry: world, name: repositoryAt(1) })).status).toBe(200)
      check(await world.send('GET', manifestPath('un/known', 'v1')), { status: 404, error: 'MANIFEST_UNKNOWN' })
      // The place that was never read may hold any of them.
      const refused = await world.send('POST', '/v2/team/new/blobs/uploads/')
      expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('adopted place \\"missing\\"')])
      expect((await world.send('DELETE', goodTag)).status).toBe(503)
      await index(world, openFolderTree(tree))
      check(await world.send('GET', goodTag), { status: 200 })
    },
    config,
  )
})

test('an empty folder is an empty place, which is looked at again', async () => {
  const folder = join(made, 'empty')
  await mkdir(folder)
  await withAdopted(folder, async (world) => {
    check(await world.send('GET', manifestPath('un/known', 'v1')), { status: 404, error: 'MANIFEST_UNKNOWN' })
    await pushImage({ registry: world, name: 'team/new' }, image1, 'v1')
    expect(await index(world, openFolderTree(folder))).toBe(true)
    await cp(tree, folder, { recursive: true })
    await readAll(world, folder)
    check(await world.send('GET', goodTag), { status: 200 })
  })
})

test('a place that goes away when it was listed holds up its own repositories only', () =>
  withAdopted(tree, async (world) => {
    const vanishing = watched(tree, async (looks) => {
      if (looks === 1) await away()
    })
    expect(await index(world, vanishing)).toBe(true)
    await mkdir(tree)
    const refused = await world.send('GET', goodTag)
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('which has this repository')])
    expect((await world.send('GET', `/v2/${repositoryAt(0)}/tags/list`)).status).toBe(503)
    expect((await world.send('DELETE', goodTag)).status).toBe(503)
    await pushImage({ registry: world, name: 'team/new' }, image1, 'v1')
    await rm(tree, { recursive: true })
    await back()
    check(await world.send('GET', goodTag), { status: 200 })
  }))

const damagedIn = async ({ app }: InProcess) =>
  (await rowsOf<{ n: number }>(app.database, 'select count(*) as n from blobs where damaged_at is not null'))[0]?.n

test('blobs of a place that is away are not damaged: they wait for it', () =>
  withAdopted(tree, async (world) => {
    const { database, registry } = world.app
    const problemsOf = async () =>
      (await fsck({ database, blobs: registry.blobs, allowSparse: false }, { quick: false })).findings
    await readAll(world, tree)
    const { layers } = JSON.parse((await world.send('GET', goodTag)).text)
    const blob = `/v2/${repositoryAt(0)}/blobs/${layers[0].digest}`
    const scrubs = () => scrubNow(registry, jobActor('test'), () => undefined)
    const { blobs } = await scrubs()

    await away()
    for (const isMounted of [false, true]) {
      if (isMounted) await mkdir(tree)
      for (const method of ['GET', 'HEAD']) expect((await world.send(method, blob)).status).toBe(503)
      expect(await scrubs()).toMatchObject({ blobs: 0, damaged: 0, away: blobs })
      expect(await damagedIn(world)).toBe(0)
      const [problem, ...more] = await problemsOf()
      expect(problem?.problem).toStartWith(`${blobs} blobs were not checked: `)
      expect(more).toEqual([])
    }
    await rm(tree, { recursive: true })
    await back()
    check(await world.send('GET', blob), { status: 200 })
    expect(await problemsOf()).toEqual([])

    // What is missing in a place that is there is damaged, and heals.
    const hex = layers[0].digest.slice('sha256:'.length)
    const data = join(tree, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
    await rename(data, `${data}.away`)
    expect((await world.send('HEAD', blob)).status).toBe(404)
    expect(await damagedIn(world)).toBe(1)
    await rename(`${data}.away`, data)
    await scrubs()
    expect(await damagedIn(world)).toBe(0)
    check(await world.send('GET', blob), { status: 200 })
  }))

test('a process that knows of no place calls nothing damaged', async () => {
  const store = await openStore({ data: made, adopt: {} })
  await expect(store.stat('adopted/old/blobs/x')).rejects.toThrow('"old" is not in this configuration')
  await expect(store.open('adopted/old/blobs/x')).rejects.toThrow(PlaceAway)
  expect(await store.stat('blobs/x')).toBeUndefined()
})
