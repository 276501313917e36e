import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from 'bun:test'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProject } from '../../src/access/manage-projects.ts'
import { findProject } from '../../src/access/project-store.ts'
import { adoptAgain } from '../../src/adopt/status.ts'
import { createUser } from '../../src/auth/manage-users.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { setQuota } from '../../src/quota/manage-quotas.ts'
import { check } from '../conformance/support/check.ts'
import { checkManifest, listReferrers, listTags, manifestPath } from '../conformance/support/manifests.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { basic, PATIENCE_MS, registryAt } from '../e2e/support/server.ts'
import { type Image, image, pushImage } from '../e2e/support/images.ts'
import { rowsOf } from '../support/rows.ts'
import { startDockerRegistry, testWithDockerRegistry as test } from '../support/docker-registry.ts'
import { readAll, withAdopted } from './support/adopted.ts'
import { APP, CONTENT, listingOf, NESTED, pushContent, TAGS } from './support/trees.ts'

setDefaultTimeout(PATIENCE_MS)

let made: string
/** A tree of the real docker-registry, and how it was when that ended. */
let tree: string
let before: string[]

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'berth-adopt-'))
  tree = join(made, 'tree')
  if (Bun.which('docker-registry') === null) return
  const peer = await startDockerRegistry({ filesystem: { rootdirectory: tree } })
  await pushContent((name) => ({ registry: registryAt(peer.url), name }))
  await peer.stop()
  before = await listingOf(tree)
})
afterAll(() => rm(made, { recursive: true, force: true }))

const at = (world: InProcess, name = APP) => ({ registry: world, name })

async function checkImage(world: InProcess, name: string, { config, layer, manifest }: Image): Promise<void> {
  await checkManifest(at(world, name), manifest.digest, manifest)
  for (const { digest, bytes } of [config, layer])
    check(await world.send('GET', `/v2/${name}/blobs/${digest}`), { status: 200, body: bytes })
}

async function tagsOf(world: InProcess, name: string): Promise<string[]> {
  return JSON.parse((await listTags(at(world, name))).text).tags
}

async function checkEverything(world: InProcess): Promise<void> {
  const { large, small, arm, old, both, signature } = CONTENT
  for (const [name, tags] of Object.entries(TAGS)) {
    expect(await tagsOf(world, name)).toEqual(Object.keys(tags))
    for (const [tag, digest] of Object.entries(tags))
      check(await world.send('HEAD', manifestPath(name, tag)), {
        status: 200,
        headers: { 'Docker-Content-Digest': digest },
      })
  }
  for (const each of [large, small, arm, old]) await checkImage(world, APP, each)
  await checkManifest(at(world), 'multi', both)
  await checkImage(world, NESTED, large)
  const referrers = await listReferrers(world, { name: APP, subject: large.manifest.digest })
  expect(JSON.parse(referrers.text).manifests.map(({ digest }: { digest: string }) => digest)).toEqual([
    signature.digest,
  ])
}

/** Rows that a collector, a quota or a pull looks at; without times. */
async function contentRows({ app: { database } }: InProcess): Promise<unknown> {
  const rows = async (sql: string) => rowsOf(database, sql)
  const named = 'join repositories r on r.id = x.repository_id'
  return {
    repositories: await rows('select name, bytes, unique_bytes, deleted_at from repositories'),
    blobs: await rows('select digest, size, holders, review_at, damaged_at from blobs'),
    links: await rows(`select r.name, x.digest, x.review_at - x.touched_at as lease from repository_blobs x ${named}`),
    manifests: await rows(
      `select r.name, digest, media_type, artifact_type, subject, annotations, size, content, deletion, released_at,
        x.review_at - x.created_at as review from manifests x ${named}`,
    ),
    named: await rows(`select r.name, manifest, digest from manifest_blobs x ${named}`),
    children: await rows(`select r.name, parent, child from manifest_children x ${named}`),
    tags: await rows(`select r.name, x.name as tag, digest from tags x ${named}`),
    events: await rows(`select r.name, tag, digest, previous, deletion from tag_events x ${named}`),
    quotas: await rows('select bytes, repositories, tags from quotas'),
    quotaBlobs: await rows('select digest, repositories from quota_blobs'),
  }
}

describe('a tree of docker-registry', () => {
  test('is served before it was read, and the same after', () =>
    withAdopted(tree, async (world) => {
      const { large, old, both } = CONTENT
      await checkManifest(at(world), 'v1', large.manifest)
      await checkImage(world, APP, large)
      await checkManifest(at(world), 'multi', both)
      await checkImage(world, APP, old)
      check(await world.send('GET', manifestPath(APP, 'other')), { status: 404, error: 'MANIFEST_UNKNOWN' })
      check(await world.send('GET', manifestPath('team/other', 'v1')), { status: 404, error: 'MANIFEST_UNKNOWN' })
      await readAll(world, tree)
      await checkEverything(world)
      expect(await listingOf(tree)).toEqual(before)
    }))

  test('has the rows that pushes of the same content make, quota and all', async () => {
    const quotas = async ({ app: { management, database } }: InProcess) => {
      await createProject(management, BY_OPERATOR, { name: 'team', public: true })
      const project = await findProject(database.reader, 'team')
      if (project === undefined) throw new Error('there is no project')
      return (bytes: number) => setQuota(management, BY_OPERATOR, project, { bytes, repositories: 5, tags: 50 })
    }
    let pushedRows: unknown
    const pushed = await openInProcess({ config: { auth: { anonymous: 'push' } } })
    try {
      await (
        await quotas(pushed)
      )(10_000_000)
      const password = 'a long password'
      await createUser(pushed.app.management, BY_OPERATOR, { name: 'admin', password, systemRole: 'administrator' })
      const registry = pushed.with(basic('admin', password))
      await pushContent((name) => ({ registry, name }))
      pushedRows = await contentRows(pushed)
    } finally {
      await pushed.close()
    }
    await withAdopted(tree, async (world) => {
      // Less than there is: what is adopted is counted, and not refused.
      await (
        await quotas(world)
      )(1000)
      await readAll(world, tree)
      expect(await contentRows(world)).toEqual(pushedRows)
    })
  })

  test('is read before its tags or referrers are listed, and before anything is changed', async () => {
    await withAdopted(tree, async (world) => {
      expect(await tagsOf(world, APP)).toEqual(Object.keys(TAGS[APP] ?? {}))
      await checkEverything(world)
    })
    await withAdopted(tree, async (world) => {
      check(await world.send('DELETE', manifestPath(APP, 'latest')), { status: 202 })
      await readAll(world, tree)
      expect(await tagsOf(world, APP)).toEqual(['multi', 'v1'])
    })
    await withAdopted(tree, async (world) => {
      await pushImage(at(world), image('adopt/new'), 'v1')
      await readAll(world, tree)
      await checkManifest(at(world), 'v1', image('adopt/new').manifest)
      expect(await rowsOf(world.app.database, `select previous from tag_events where tag = 'v1' order by at`)).toEqual([
        { previous: null },
        { previous: CONTENT.large.manifest.digest },
      ])
    })
  })

  test('what is deleted, pushed and collected here leaves the tree as it is', () =>
    withAdopted(tree, async (world) => {
      await readAll(world, tree)
      check(await world.send('DELETE', manifestPath(APP, CONTENT.large.manifest.digest)), { status: 202 })
      check(await world.send('DELETE', manifestPath(NESTED, CONTENT.large.manifest.digest)), { status: 202 })
      for (let day = 0; day < 20; day++) {
        world.clock.advance(24 * 3_600_000)
        await world.runJob('gc')
      }
      world.clock.advance(24 * 3_600_000)
      await world.runJob('gc')
      const { digest } = CONTENT.large.layer
      expect(await rowsOf(world.app.database, 'select digest from blobs where digest = ?', [digest])).toEqual([])
      expect(await rowsOf(world.app.database, 'select storage_key from trash')).toEqual([])
      await world.runJob('sweep-orphans')
      expect(await listingOf(tree)).toEqual(before)
      await pushImage(at(world), CONTENT.large, 'back')
      await checkImage(world, APP, CONTENT.large)
    }))

  test('again: what came there since is seen, and what was changed here stays', async () => {
    if (Bun.which('docker-registry') === null) return
    const place = join(made, 'again')
    await cp(tree, place, { recursive: true })
    await withAdopted(place, async (world) => {
      await readAll(world, place)
      check(await world.send('DELETE', manifestPath(APP, 'latest')), { status: 202 })
      await pushImage(at(world), image('adopt/ours'), 'multi')
      const peer = await startDockerRegistry({ filesystem: { rootdirectory: place } })
      const there = { registry: registryAt(peer.url), name: APP }
      for (const tag of ['v1', 'v2', 'latest', 'multi']) await pushImage(there, image('adopt/later'), tag)
      await peer.stop()
      await readAll(world, place)
      expect(await tagsOf(world, APP)).toEqual(['multi', 'v1'])

      await adoptAgain(world.app.management, BY_OPERATOR, 'old')
      await readAll(world, place)
      expect(await tagsOf(world, APP)).toEqual(['multi', 'v1', 'v2'])
      for (const tag of ['v1', 'v2']) await checkManifest(at(world), tag, image('adopt/later').manifest)
      await checkManifest(at(world), 'multi', image('adopt/ours').manifest)
    })
  })
})
