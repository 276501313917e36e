import { beforeAll, describe, expect, test } from 'bun:test'
import { deleteBlob } from './support/blobs.ts'
import { parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import * as m from './support/manifests.ts'
import { olderImage, putImage } from './support/older-suite.ts'

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

  test('DELETE of its blobs: 202, and GET: 404', async () => {
    for (const blob of [image.config, image.layer]) await deleteBlob(target, blob.digest)
  })
})
