import { beforeAll, describe, expect, test } from 'bun:test'
import { checkBlob, deleteBlob } from './support/blobs.ts'
import { check, parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import * as m from './support/manifests.ts'
import { olderImage, putImage } from './support/older-suite.ts'
import { blobPath } from './support/uploads.ts'

const registry = useRegistry('older-management')
const target = { registry, name: registry.repository('one') }
const image = olderImage('management')
const kept = olderImage('management/kept')

beforeAll(async () => {
  await putImage(target, image, 'tagtest0')
  await putImage(target, kept, 'kept')
})

async function tags(): Promise<string[]> {
  return parse(await m.listTags(target), m.TagList).tags
}

describe('older suite, management', () => {
  test('DELETE of a tag: 202, and the list is one shorter', async () => {
    expect(await tags()).toEqual(['kept', 'tagtest0'])
    await m.deleteManifest(target, 'tagtest0')
    expect(await tags()).toEqual(['kept'])
  })

  test('DELETE of the manifest by digest: 202, and GET: 404', async () => {
    await m.deleteManifest(target, image.manifest.digest)
    expect(await tags()).toEqual(['kept'])
  })

  // The layer is the other image's too: of the answers the suite allows, ours for a blob in use is 405.
  test('DELETE of its blobs: 202, and GET: 404, but 405 while another image needs it', async () => {
    await deleteBlob(target, image.config.digest)
    check(await registry.send('DELETE', blobPath(target.name, image.layer.digest)), { status: 405, error: 'DENIED' })
    await checkBlob(target, image.layer)
    await m.deleteManifest(target, kept.manifest.digest)
    await deleteBlob(target, image.layer.digest)
    expect(await tags()).toEqual([])
  })
})
