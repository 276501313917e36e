import { beforeEach, describe, expect, test } from 'bun:test'
import { checkBlob, checkBlobAbsent, deleteBlob } from './support/blobs.ts'
import { check, parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { randomContent } from './support/content.ts'
import { DataSet } from './support/data-set.ts'
import * as m from './support/manifests.ts'
import { blobPath, pushBlob } from './support/uploads.ts'

const registry = useRegistry('deletion')
const set = new DataSet('deletion')
const { digest, size } = set.image()
let cases = 0
let target = { registry, name: '' }

beforeEach(async () => {
  cases += 1
  target = { registry, name: registry.repository(`case-${cases}`) }
  for (const blob of set.blobs.values()) await pushBlob(target, blob)
  for (const manifest of set.manifests) {
    for (const tag of ['one', 'two']) check(await m.putManifest(target, tag, manifest), { status: 201 })
  }
})

async function tags(): Promise<string[]> {
  return parse(await m.listTags(target), m.TagList).tags
}

describe('end-9: deleting a manifest', () => {
  test('by tag takes that tag only', async () => {
    await m.deleteManifest(target, 'one')
    expect(await tags()).toEqual(['two'])
    for (const manifest of set.manifests) await m.checkManifest(target, 'two', manifest)
  })

  test('by its last tag leaves it there by digest, and the repository with an empty list', async () => {
    for (const tag of ['one', 'two']) await m.deleteManifest(target, tag)
    expect(await tags()).toEqual([])
    for (const manifest of set.manifests) await m.checkManifest(target, digest, manifest)
  })

  test('by digest takes all its tags, and leaves its blobs', async () => {
    await m.deleteManifest(target, digest)
    for (const tag of ['one', 'two']) await m.checkManifestAbsent(target, tag)
    expect(await tags()).toEqual([])
    for (const blob of set.blobs.values()) await checkBlob(target, blob)
  })

  test('and pushing it again brings it back', async () => {
    await m.deleteManifest(target, digest)
    for (const manifest of set.manifests) {
      check(await m.putManifest(target, 'one', manifest), m.pushed(target.name, manifest))
      await m.checkManifest(target, 'one', manifest)
    }
  })

  // What is visible must be pullable, all of it: the spec lets us refuse with 405.
  test('that an index here needs is 405, until the index goes', async () => {
    const index = new DataSet('deletion/index')
    index.index({ tag: 'index', manifests: [{ mediaType: m.OCI_MANIFEST, digest, size }] })
    for (const manifest of index.manifests) {
      check(await m.putManifest(target, 'index', manifest), m.pushed(target.name, manifest))
      const answer = await registry.send('DELETE', m.manifestPath(target.name, digest))
      check(answer, { status: 405, error: 'DENIED' })
      await m.deleteManifest(target, manifest.digest)
      await m.deleteManifest(target, digest)
    }
  })

  test.each([
    ['by tag', 'three'],
    ['by digest', randomContent('deletion/none', 32).digest],
  ])('that is not there is 404 %s', async (_, reference) => {
    const answer = await registry.send('DELETE', m.manifestPath(target.name, reference))
    check(answer, { status: 404, error: 'MANIFEST_UNKNOWN' })
  })
})

describe('end-10: deleting a blob', () => {
  test('that is not there is 404', async () => {
    const path = blobPath(target.name, randomContent('deletion/none', 32).digest)
    check(await registry.send('DELETE', path), { status: 404, error: 'BLOB_UNKNOWN' })
  })

  test('that a manifest here needs is 405, until the manifest goes', async () => {
    for (const blob of set.blobs.values()) {
      const answer = await registry.send('DELETE', blobPath(target.name, blob.digest))
      check(answer, { status: 405, error: 'DENIED' })
      await checkBlob(target, blob)
    }
    await m.deleteManifest(target, digest)
    for (const blob of set.blobs.values()) await deleteBlob(target, blob.digest)
  })

  test('takes it from this repository only, and it can come back', async () => {
    const blob = randomContent('deletion/blob', 512)
    const other = { registry, name: registry.repository('other') }
    for (const repository of [target, other]) await pushBlob(repository, blob)
    await deleteBlob(target, blob.digest)
    await checkBlob(other, blob)
    await pushBlob(target, blob)
    await checkBlob(target, blob)
  })

  test('by sha256 leaves the same bytes by sha512', async () => {
    const [short, long] = (['sha256', 'sha512'] as const).map((algorithm) => {
      const twin = new DataSet('deletion/twin', { algorithm })
      twin.blob(m.OCTET_STREAM, 'the same bytes')
      return [...twin.blobs.values()]
    })
    for (const blob of [...(short ?? []), ...(long ?? [])]) await pushBlob(target, blob)
    for (const blob of short ?? []) await deleteBlob(target, blob.digest)
    for (const blob of long ?? []) await checkBlob(target, blob)
    for (const blob of short ?? []) await checkBlobAbsent(target, blob.digest)
  })
})
