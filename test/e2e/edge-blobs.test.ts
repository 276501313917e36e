import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { checkBlob, checkBlobAbsent, deleteBlob } from '../conformance/support/blobs.ts'
import { check, errorsOf } from '../conformance/support/check.ts'
import { content, randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { descriptor, image, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { openInProcess } from './support/in-process.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { EVERYONE_CREATES, makeUsers, tokenFor } from './support/sign-in.ts'

setDefaultTimeout(PATIENCE_MS)

const users = makeUsers({ ann: 'correct horse' })
const server = useServer(async () => ({ args: ['--htpasswd', await users.file()], env: EVERYONE_CREATES }))
const ann = server.with(users.basic('ann'))
const target = { registry: ann, name: 'e2e/edge/blobs' }
afterAll(() => users.remove())

describe('edge 16: a digest that is none', () => {
  const hex = content('edge16').digest.slice('sha256:'.length)
  test.each([hex.toUpperCase(), hex.slice(1), '', `${hex}\0`, `${hex.slice(2)}..`, `${hex} `])(
    'edge 16: sha256:%j closes no upload',
    async (encoded) => {
      const location = await uploads.startUpload(target)
      const chunk = { start: 0, bytes: new TextEncoder().encode('edge16') }
      const answer = await uploads.finish(ann, location, `sha256:${encoded}`, chunk)
      check(answer, { status: 400, error: 'DIGEST_INVALID' })
      const good = `sha256:${hex}`
      check(await uploads.finish(ann, location, good, chunk), uploads.created(target.name, good))
    },
  )

  test('edge 16: md5, sha1, blake3 and an unknown hint are 400', async () => {
    for (const digest of [
      `md5:${hex.slice(32)}`,
      `sha1:${hex.slice(24)}`,
      `blake3:${hex}`,
      `sha384:${hex}${hex.slice(32)}`,
    ]) {
      const answer = await uploads.finish(ann, await uploads.startUpload(target), digest)
      check(answer, { status: 400, error: 'DIGEST_INVALID' })
    }
    const query = { 'digest-algorithm': 'md5' }
    const answer = await ann.send('POST', `/v2/${target.name}/blobs/uploads/`, { query })
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
  })
})

describe('edge 17: sha512 after a POST that did not say so', () => {
  test.each([
    ['in one PUT', uploads.postThenPut],
    ['in chunks', uploads.chunked],
    ['as a stream', uploads.streamed],
    ['in one POST', uploads.postOnly],
  ])('edge 17: %s is 201 by that name', async (label, way) => {
    const blob = randomContent(`edge17/${label}`, 3000, 'sha512')
    check(await way(target, blob), uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
    await checkBlobAbsent(target, content(blob.bytes).digest)
  })

  test('edge 17: sha256 after a POST that announced sha512 works too', async () => {
    const blob = randomContent('edge17/hint', 3000)
    const location = await uploads.startUpload(target, { 'digest-algorithm': 'sha512' })
    const all = { start: 0, bytes: blob.bytes }
    check(await uploads.finish(ann, location, blob.digest, all), uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
  })

  test('edge 17: a wrong sha512 is 400', async () => {
    const right = randomContent('edge17/right', 100, 'sha512')
    const wrong = randomContent('edge17/wrong', 100, 'sha512')
    const answer = await uploads.postThenPut(target, { bytes: right.bytes, digest: wrong.digest })
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
  })
})

test.each([
  ['sha256', 'sha512'],
  ['sha512', 'sha256'],
] as const)('edge 18: deleted by %s, the same bytes stay readable by %s', async (gone, kept) => {
  const bytes = randomContent(`edge18/${gone}`, 70_000).bytes
  for (const algorithm of [gone, kept]) await uploads.pushBlob(target, content(bytes, algorithm))
  await deleteBlob(target, content(bytes, gone).digest)
  await checkBlob(target, content(bytes, kept))
})

describe('edge 19: a mount from a repository that the caller may not pull', () => {
  const blob = randomContent('edge19', 5000)
  const query = (from: string) => ({ mount: blob.digest, from })

  async function medianMs(registry: typeof ann, froms: readonly string[]): Promise<number[]> {
    const times = froms.map((): number[] => [])
    for (let round = 0; round < 60; round++)
      for (const [n, from] of froms.entries()) {
        const started = performance.now()
        check(await registry.send('POST', '/v2/e2e/edge/mine/blobs/uploads/', { query: query(from) }), { status: 202 })
        times[n]?.push(performance.now() - started)
      }
    return times.map((list) => list.toSorted((a, b) => a - b)[30] ?? 0)
  }

  test('edge 19: is 202 and takes no longer than from one that is not there', async () => {
    await uploads.pushBlob({ registry: ann, name: 'e2e/edge/theirs' }, blob)
    const narrow = server.with(await tokenFor(server, users.basic('ann'), 'repository:e2e/edge/mine:pull,push'))
    const [theirs = 0, absent = 0] = await medianMs(narrow, ['e2e/edge/theirs', 'e2e/edge/absent'])
    expect(Math.abs(theirs - absent)).toBeLessThan(Math.max(2, absent))
  })

  test('edge 20: nor is it found without a source', async () => {
    const registry = server.with(await tokenFor(server, users.basic('ann'), 'repository:e2e/edge/mine:pull,push'))
    const answer = await registry.send('POST', '/v2/e2e/edge/mine/blobs/uploads/', { query: { mount: blob.digest } })
    check(answer, uploads.started('e2e/edge/mine'))
    await checkBlobAbsent({ registry: ann, name: 'e2e/edge/mine' }, blob.digest)
  })

  test('edge 20: it is found where the caller may pull', async () => {
    const scope = 'repository:e2e/edge/mine:pull,push repository:e2e/edge/theirs:pull'
    const registry = server.with(await tokenFor(server, users.basic('ann'), scope))
    const answer = await registry.send('POST', '/v2/e2e/edge/mine/blobs/uploads/', { query: { mount: blob.digest } })
    check(answer, uploads.created('e2e/edge/mine', blob.digest))
    await checkBlob({ registry: ann, name: 'e2e/edge/mine' }, blob)
  })
})

test('edge 21: mounted, then deleted in the source: the target keeps it', async () => {
  const blob = randomContent('edge21', 5000)
  const source = { registry: ann, name: 'e2e/edge/source' }
  await uploads.pushBlob(source, blob)
  const query = { mount: blob.digest, from: source.name }
  const answer = await ann.send('POST', `/v2/${target.name}/blobs/uploads/`, { query })
  check(answer, uploads.created(target.name, blob.digest))
  await deleteBlob(source, blob.digest)
  await checkBlob(target, blob)
})

test('edge 22: a blob that a manifest needs is 405 DENIED in-use, and goes when the manifest is gone', async () => {
  const pushed = image('edge22')
  const there = { registry: ann, name: 'e2e/edge/in-use' }
  await pushImage(there, pushed, 'v1')
  for (const blob of [pushed.config, pushed.layer]) {
    const answer = await ann.send('DELETE', uploads.blobPath(there.name, blob.digest))
    check(answer, { status: 405, error: 'DENIED' })
    expect(errorsOf(answer)[0]?.detail).toMatchObject({ reason: 'in-use', neededBy: pushed.manifest.digest })
  }
  // The tag alone is not what needs it.
  await m.deleteManifest(there, 'v1')
  check(await ann.send('DELETE', uploads.blobPath(there.name, pushed.layer.digest)), { status: 405, error: 'DENIED' })
  await m.deleteManifest(there, pushed.manifest.digest)
  for (const blob of [pushed.config, pushed.layer]) await deleteBlob(there, blob.digest)
})

test('edge 22: a DELETE of the blob that races the manifest never leaves a manifest without it', async () => {
  for (let round = 0; round < 25; round++) {
    const pushed = image(`edge22/race/${round}`)
    const there = { registry: ann, name: 'e2e/edge/delete-race' }
    await pushBlobsOf(there, pushed)
    const [put, removed] = await Promise.all([
      m.putManifest(there, `r${round}`, pushed.manifest),
      ann.send('DELETE', uploads.blobPath(there.name, pushed.layer.digest)),
    ])
    if (put.status === 201) {
      check(removed, { status: 405, error: 'DENIED' })
      await checkBlob(there, pushed.layer)
    } else {
      check(put, { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
      check(removed, { status: 202 })
      await m.checkManifestAbsent(there, `r${round}`)
    }
  }
})

describe('blobs that nothing refers to yet', () => {
  test('edge 23: pushed long ago, they are still there for the manifest', async () => {
    const registry = await openInProcess()
    try {
      const pushed = image('edge23')
      const there = { registry, name: 'e2e/edge/late' }
      await pushBlobsOf(there, pushed)
      // Within their lease of a day (gc.lease); after it they may have to be pushed again.
      registry.clock.advance(23 * 3600_000)
      for (const job of await registry.app.jobs()) await job.run()
      check(await m.putManifest(there, 'v1', pushed.manifest), { status: 201 })
      await m.checkManifest(there, 'v1', pushed.manifest)
      expect(registry.errors()).toBe('')
    } finally {
      await registry.close()
    }
  })

  test('edge 24: seen by HEAD, they stay until the manifest comes', async () => {
    const registry = await openInProcess()
    try {
      const pushed = image('edge24')
      const there = { registry, name: 'e2e/edge/head' }
      await pushBlobsOf(there, pushed)
      for (let hour = 0; hour < 3; hour++) {
        registry.clock.advance(3600_000)
        for (const blob of [pushed.config, pushed.layer])
          check(await registry.send('HEAD', uploads.blobPath(there.name, blob.digest)), { status: 200 })
        for (const job of await registry.app.jobs()) await job.run()
      }
      check(await m.putManifest(there, 'v1', pushed.manifest), { status: 201 })
    } finally {
      await registry.close()
    }
  })

  test('edge 24: a manifest of blobs that only another repository has is refused', async () => {
    const pushed = image('edge24/elsewhere')
    await pushImage({ registry: ann, name: 'e2e/edge/owner' }, pushed, 'v1')
    const there = { registry: ann, name: 'e2e/edge/guest' }
    check(await m.putManifest(there, 'v1', pushed.manifest), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
    const foreign = { ...descriptor(pushed.layer, m.OCI_LAYER), mediaType: `${m.OCI_LAYER}+foreign` }
    const other = manifestOf({ ...pushed.body, layers: [foreign] }, m.OCI_MANIFEST)
    check(await m.putManifest(there, 'v1', other), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
  })
})
