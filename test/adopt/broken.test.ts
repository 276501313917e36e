import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check as fsck } from '../../src/fsck/fsck.ts'
import { check } from '../conformance/support/check.ts'
import { type Content, content } from '../conformance/support/content.ts'
import { checkManifest, manifestPath, OCI_INDEX, OCI_MANIFEST } from '../conformance/support/manifests.ts'
import { descriptor, image, index } from '../e2e/support/images.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { rowsOf } from '../support/rows.ts'
import { readAll, withAdopted } from './support/adopted.ts'
import { listingOf } from './support/trees.ts'

setDefaultTimeout(PATIENCE_MS)

const NAME = 'team/broken'

let tree: string
let before: string[]

async function write(path: string, text: string | Uint8Array): Promise<void> {
  const at = join(tree, 'docker/registry/v2', path)
  await mkdir(join(at, '..'), { recursive: true })
  await writeFile(at, text)
}

const partsOf = (digest: string) => digest.replace(':', '/')

function blob({ digest, bytes }: Pick<Content, 'digest' | 'bytes'>): Promise<void> {
  const hex = digest.slice('sha256:'.length)
  return write(`blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, bytes)
}

const layer = (digest: string) => write(`repositories/${NAME}/_layers/${partsOf(digest)}/link`, digest)
const revision = (digest: string) => write(`repositories/${NAME}/_manifests/revisions/${partsOf(digest)}/link`, digest)
const tag = (name: string, link: string) => write(`repositories/${NAME}/_manifests/tags/${name}/current/link`, link)

const good = image('broken/good')
const unlinked = image('broken/layer of another repository')
const lost = image('broken/layer whose bytes are lost')
const short = image('broken/layer that is shorter')
const changed = image('broken/manifest that changed')
const torn = index([descriptor(good.manifest, OCI_MANIFEST), descriptor(lost.manifest, OCI_MANIFEST)])
const empty = index([descriptor(content('nowhere'), OCI_MANIFEST)])
const schema1 = content(JSON.stringify({ schemaVersion: 1, name: NAME, tag: 'schema1', fsLayers: [] }))
const nowhere = `sha256:${createHash('sha256').update('nowhere').digest('hex')}`

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'berth-broken-'))
  for (const each of [good, unlinked, short, changed, lost]) {
    for (const content of [each.config, each.layer, each.manifest]) if (content !== lost.layer) await blob(content)
    for (const { digest } of [each.config, each.layer]) if (digest !== unlinked.layer.digest) await layer(digest)
    await revision(each.manifest.digest)
  }
  await blob({ digest: short.layer.digest, bytes: short.layer.bytes.slice(1) })
  await blob({ digest: changed.manifest.digest, bytes: new TextEncoder().encode('{}') })
  for (const each of [torn, empty, schema1]) {
    await blob(each)
    await revision(each.digest)
  }
  await tag('good', good.manifest.digest)
  await tag('line-end', `${good.manifest.digest}\n`)
  await tag('unlinked', unlinked.manifest.digest)
  await tag('lost', lost.manifest.digest)
  await tag('short', short.manifest.digest)
  await tag('changed', changed.manifest.digest)
  await tag('torn', torn.digest)
  await tag('empty', empty.digest)
  await tag('schema1', schema1.digest)
  await tag('nowhere', nowhere)
  await tag('no-digest', 'sha256:abc')
  await tag('half-written', '')
  await tag('.bad name', good.manifest.digest)
  await mkdir(join(tree, 'docker/registry/v2/repositories', NAME, '_manifests/tags/no-link'), { recursive: true })
  // A manifest that was deleted leaves its folder.
  await mkdir(join(tree, 'docker/registry/v2/repositories', NAME, '_manifests/revisions', partsOf(nowhere)))
  await mkdir(join(tree, 'docker/registry/v2/repositories/Not A Name/_manifests/tags'), { recursive: true })
  await mkdir(join(tree, 'docker/registry/v2/repositories/nothing/_manifests'), { recursive: true })
  before = await listingOf(tree)
})
afterAll(() => rm(tree, { recursive: true, force: true }))

const BAD = ['unlinked', 'lost', 'short', 'changed', 'torn', 'empty', 'schema1', 'nowhere', 'no-digest', 'half-written']

test('what is broken is told and not served; the rest is, and no row names what is not there', () =>
  withAdopted(tree, async (world) => {
    const at = { registry: world, name: NAME }
    for (const bad of BAD)
      check(await world.send('GET', manifestPath(NAME, bad)), { status: 404, error: 'MANIFEST_UNKNOWN' })
    check(await world.send('GET', `/v2/${NAME}/blobs/${unlinked.layer.digest}`), { status: 404, error: 'BLOB_UNKNOWN' })
    await checkManifest(at, 'good', good.manifest)

    await readAll(world, tree)
    for (const bad of BAD)
      check(await world.send('GET', manifestPath(NAME, bad)), { status: 404, error: 'MANIFEST_UNKNOWN' })
    for (const fine of ['good', 'line-end']) await checkManifest(at, fine, good.manifest)
    const problems = await rowsOf<{ subject: string; problem: string }>(
      world.app.database,
      `select subject, problem from adopted_problems where repository = ?`,
      [NAME],
    )
    const told = Object.fromEntries(problems.map(({ subject, problem }) => [subject, problem]))
    expect(told).toMatchObject({
      unlinked: `the blob ${unlinked.layer.digest} is missing`,
      lost: `the blob ${lost.layer.digest} is missing`,
      short: `the blob ${short.layer.digest} has 299 bytes instead of 300`,
      changed: 'the bytes of the manifest are not those of its digest',
      torn: `${lost.manifest.digest}, which it lists: the blob ${lost.layer.digest} is missing`,
      empty: `${descriptor(content('nowhere'), OCI_INDEX).digest}, which it lists: the manifest is missing`,
      schema1: 'it is a schema 1 manifest, which is not supported; push the image anew',
      nowhere: 'the manifest is missing',
      'no-digest': 'its link holds no digest',
      'half-written': 'its link is empty',
      '.bad name': 'no tag can be called so',
      'no-link': 'it has no link to a manifest',
    })
    const { database, registry } = world.app
    const { findings } = await fsck({ database, blobs: registry.blobs, allowSparse: false }, { quick: false })
    expect(findings).toEqual([])
    expect(await rowsOf(database, 'select name from repositories')).toEqual([{ name: NAME }])
    expect(await listingOf(tree)).toEqual(before)
    expect(world.errors()).toBe('')
  }))

test('what lacks something is served where that is allowed', () =>
  withAdopted(
    tree,
    async (world) => {
      const at = { registry: world, name: NAME }
      await readAll(world, tree)
      await checkManifest(at, 'lost', lost.manifest)
      await checkManifest(at, 'torn', torn)
      check(await world.send('GET', manifestPath(NAME, 'schema1')), { status: 404, error: 'MANIFEST_UNKNOWN' })
      check(await world.send('GET', `/v2/${NAME}/blobs/${unlinked.layer.digest}`), {
        status: 404,
        error: 'BLOB_UNKNOWN',
      })
    },
    { content: { sparse: true } },
  ))

test('a place where there is no registry is told of, and tried again', async () => {
  const nothing = await mkdtemp(join(tmpdir(), 'berth-nothing-'))
  await withAdopted(nothing, async (world) => {
    await expect(readAll(world, nothing)).rejects.toThrow()
    expect(await rowsOf(world.app.database, 'select state, problem from adopted_places')).toEqual([
      { state: 'listing', problem: expect.stringContaining('holds no registry') },
    ])
  })
  await rm(nothing, { recursive: true })
})

test('symbolic links below a place are told of and not followed; the place itself may be one', async () => {
  const made = await mkdtemp(join(tmpdir(), 'berth-links-'))
  const root = join(made, 'root')
  await symlink(tree, root)
  const repositories = join(tree, 'docker/registry/v2/repositories')
  const links = [
    join(repositories, 'loop'),
    join(repositories, 'etc'),
    join(repositories, NAME, '_manifests/tags/linked'),
  ]
  try {
    await symlink('.', links[0] ?? '')
    await symlink('/etc', links[1] ?? '')
    await symlink('good', links[2] ?? '')
    await withAdopted(root, async (world) => {
      for (const missing of [`loop/${NAME}`, `loop/loop/${NAME}`])
        check(await world.send('GET', manifestPath(missing, 'good')), { status: 404, error: 'MANIFEST_UNKNOWN' })
      await readAll(world, root)
      await checkManifest({ registry: world, name: NAME }, 'good', good.manifest)
      check(await world.send('GET', manifestPath(NAME, 'linked')), { status: 404, error: 'MANIFEST_UNKNOWN' })
      expect(await rowsOf(world.app.database, 'select name from repositories')).toEqual([{ name: NAME }])
      const told = await rowsOf<{ repository: string }>(
        world.app.database,
        `select repository from adopted_problems where problem like '%symbolic link%' order by repository`,
      )
      expect(told.map(({ repository }) => repository)).toEqual(['etc', 'loop'])
    })
  } finally {
    for (const link of links) await rm(link)
    await rm(made, { recursive: true })
  }
})
