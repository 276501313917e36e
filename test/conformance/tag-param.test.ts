import { beforeAll, describe, expect, test } from 'bun:test'
import { check } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { ALGORITHMS } from './support/content.ts'
import { DataSet } from './support/data-set.ts'
import * as m from './support/manifests.ts'
import { pushBlob } from './support/uploads.ts'

const registry = useRegistry('tag-param')

describe.each([...ALGORITHMS])('end-7b: tags pushed with a manifest by %s', (algorithm) => {
  const target = { registry, name: registry.repository(algorithm) }
  const set = new DataSet('tag-param', { algorithm })
  set.image()

  beforeAll(async () => {
    for (const blob of set.blobs.values()) await pushBlob(target, blob)
  })

  test('ten at once: each is named in OCI-Tag and resolves to the digest as pushed', async () => {
    const tags = Array.from({ length: 10 }, (_, i) => `v1.${i}`)
    for (const manifest of set.manifests) {
      const answer = await m.putManifest(target, manifest.digest, manifest, { tag: tags })
      check(answer, m.pushed(target.name, manifest))
      const named = answer.headers.get('OCI-Tag')?.split(/, */) ?? []
      expect(named.sort()).toEqual(tags)
      for (const tag of tags) await m.checkManifest(target, tag, manifest)
    }
  })

  test('the same tag twice is one tag', async () => {
    for (const manifest of set.manifests) {
      const answer = await m.putManifest(target, manifest.digest, manifest, { tag: ['twice', 'twice'] })
      check(answer, m.pushed(target.name, manifest))
      await m.checkManifest(target, 'twice', manifest)
    }
  })

  test.each([
    ['a dot first', '.bad'],
    ['a space', 'a b'],
    ['129 characters', 'a'.repeat(129)],
    ['a digest', 'sha256:abc'],
  ])('%s is no tag: 400, and none of the others is set', async (_, bad) => {
    for (const manifest of set.manifests) {
      const answer = await m.putManifest(target, manifest.digest, manifest, { tag: ['good', bad] })
      check(answer, { status: 400 })
      await m.checkManifestAbsent(target, 'good')
    }
  })
})

test('on a push by tag they are refused', async () => {
  const target = { registry, name: registry.repository('by-tag') }
  const set = new DataSet('tag-param/by-tag')
  set.image()
  for (const blob of set.blobs.values()) await pushBlob(target, blob)
  for (const manifest of set.manifests) {
    check(await m.putManifest(target, 'one', manifest, { tag: ['two'] }), { status: 400 })
  }
})
