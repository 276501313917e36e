import { describe, test } from 'bun:test'
import { checkBlob, checkBlobAbsent, deleteBlob } from './support/blobs.ts'
import { check, headerOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { content, randomContent } from './support/content.ts'
import * as m from './support/manifests.ts'
import { configOf, olderImage, olderManifest, put } from './support/older-suite.ts'
import * as uploads from './support/uploads.ts'

const registry = useRegistry('older-push')
const target = { registry, name: registry.repository('one') }
const other = { registry, name: registry.repository('two') }
const dummy = content('hello world').digest
const streamed = randomContent('older/streamed', 42)
const image = olderImage('push')

describe('older suite, push: a blob by a stream', () => {
  test('PATCH with all of it: 202; PUT with the digest: 201', async () => {
    const answer = await uploads.streamed(target, streamed)
    check(answer, uploads.created(target.name, streamed.digest))
  })
})

describe('older suite, push: a blob at once', () => {
  test('GET before: 404', async () => {
    await checkBlobAbsent(target, dummy)
  })

  test('POST with digest and bytes: 201, and GET: 200', async () => {
    check(await uploads.postOnly(target, image.config), uploads.created(target.name, image.config.digest))
    await checkBlob(target, image.config)
  })

  test('POST: 202; PUT of bytes already there: 201, and GET: 200', async () => {
    await put(target, image.config)
    await checkBlob(target, image.config)
  })

  test('a layer: 201, and GET: 200', async () => {
    await put(target, image.layer)
    await checkBlob(target, image.layer)
  })
})

describe('older suite, push: a blob in two chunks', () => {
  const blob = randomContent('older/chunked', 42)
  const first = { start: 0, bytes: blob.bytes.subarray(0, 22) }
  const second = { start: 22, bytes: blob.bytes.subarray(22) }

  test('the second first: 416', async () => {
    const answer = await uploads.sendChunk(registry, await uploads.startUpload(target), second)
    check(answer, { status: 416 })
  })

  test('in order: 202 with the Range so far; the first again at its old Location: 416, but GET there: 204', async () => {
    const before = await uploads.startUpload(target)
    check(await uploads.sendChunk(registry, before, first), uploads.accepted(target.name, 21))
    check(await uploads.sendChunk(registry, before, first), { status: 416 })
    const now = { status: 204, headers: { Location: uploads.uploadLocation(target.name), Range: '0-21' } }
    const location = headerOf(check(await registry.send('GET', before), now), 'Location')
    const answer = check(await uploads.sendChunk(registry, location, second), uploads.accepted(target.name, 41))
    const end = await uploads.finish(registry, headerOf(answer, 'Location'), blob.digest)
    check(end, uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
  })
})

describe('older suite, push: a blob from another repository', () => {
  const mount = (query: Readonly<Record<string, string>>) =>
    registry.send('POST', `/v2/${other.name}/blobs/uploads/`, { query })

  test('without from, nowhere to be found: 202', async () => {
    check(await mount({ mount: dummy }), uploads.started(other.name))
  })

  test('from the one that has it: 201, Location exactly the blob, and GET there: 200', async () => {
    const answer = await mount({ mount: streamed.digest, from: target.name })
    check(answer, uploads.created(other.name, streamed.digest))
    await checkBlob(other, streamed)
  })

  // We declare OCI_AUTOMATIC_CROSSMOUNT=1.
  test('without from: 201', async () => {
    check(await mount({ mount: streamed.digest }), uploads.created(other.name, streamed.digest))
  })
})

describe('older suite, push: manifests', () => {
  const noLayers = olderManifest({ schemaVersion: 2, config: configOf(image.config), layers: [] })

  test('GET of one whose name cannot be: 404', async () => {
    await m.checkManifestAbsent(target, '.INVALID_MANIFEST_NAME')
  })

  test.each(['test0', 'test1', 'test2', 'test3'])('the same one as %s: 201', async (tag) => {
    check(await m.putManifest(target, tag, image.manifest), m.pushed(target.name, image.manifest))
  })

  // Its body has no mediaType either, as Helm's has none: the Content-Type says it.
  test('one without layers: 201', async () => {
    check(await m.putManifest(target, 'emptylayer', noLayers), m.pushed(target.name, noLayers))
    await m.checkManifest(target, 'emptylayer', noLayers)
  })

  test('GET by digest: 200', async () => {
    await m.checkManifest(target, image.manifest.digest, image.manifest)
  })

  test('teardown: manifests, then blobs', async () => {
    for (const { digest } of [image.manifest, noLayers]) await m.deleteManifest(target, digest)
    for (const { digest } of [image.config, image.layer]) await deleteBlob(target, digest)
  })
})
