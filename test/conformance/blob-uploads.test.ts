import { describe, test } from 'bun:test'
import { checkBlob, checkBlobAbsent, deleteBlob } from './support/blobs.ts'
import { check, headerOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { ALGORITHMS, content, corrupt, randomContent } from './support/content.ts'
import * as uploads from './support/uploads.ts'

const registry = useRegistry('uploads')

const WAYS: readonly (readonly [string, uploads.Way, number])[] = [
  ['POST with the bytes (end-4b)', uploads.postOnly, 512],
  ['POST, PUT (end-4a, end-6)', uploads.postThenPut, 512],
  ['POST, one chunk, PUT (end-5)', uploads.chunked, 512],
  ['POST, one stream, PUT', uploads.streamed, 512],
  ['POST, three chunks, PUT', uploads.chunked, uploads.THREE_CHUNKS_BYTES],
  ['POST, two chunks, PUT with the third', uploads.chunkedAndPutChunk, uploads.THREE_CHUNKS_BYTES],
]

describe.each([...ALGORITHMS])('uploading a blob by %s', (algorithm) => {
  const target = { registry, name: registry.repository(algorithm) }

  test('a blob nobody pushed is 404', async () => {
    await checkBlobAbsent(target, randomContent('uploads/missing', 512, algorithm).digest)
  })

  // The digest comes with the last request, so a registry that hashed by sha256 only on the way must cope.
  test.each(WAYS)('%s: 201, readable where Location says, deletable', async (way, upload, sizeBytes) => {
    const blob = randomContent(`uploads/${way}`, sizeBytes, algorithm)
    const answer = check(await upload(target, blob), uploads.created(target.name, blob.digest))
    check(await registry.send('GET', headerOf(answer, 'Location')), { status: 200, body: blob.bytes })
    await checkBlob(target, blob)
    await deleteBlob(target, blob.digest)
  })

  test.each(WAYS)('%s: bytes that are not the digest are 400, and nothing is kept', async (way, upload) => {
    const blob = corrupt(randomContent(`uploads/bad/${way}`, uploads.THREE_CHUNKS_BYTES, algorithm))
    check(await upload(target, blob), { status: 400, error: 'DIGEST_INVALID' })
    await checkBlobAbsent(target, blob.digest)
  })

  test.each([
    ['empty', ''],
    ['the empty JSON object', '{}'],
  ])('%s is a blob like any other, whichever way it comes', async (_, text) => {
    const blob = content(text, algorithm)
    for (const upload of [uploads.postOnly, uploads.postThenPut]) {
      check(await upload(target, blob), uploads.created(target.name, blob.digest))
      await checkBlob(target, blob)
      await deleteBlob(target, blob.digest)
    }
  })

  test('end-4c: the algorithm may be said in advance, and need not', async () => {
    const blob = randomContent('uploads/hint', 512, algorithm)
    const location = await uploads.startUpload(target, { 'digest-algorithm': algorithm })
    const answer = await uploads.finish(registry, location, blob.digest, { start: 0, bytes: blob.bytes })
    check(answer, uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
  })
})

describe('digests that cannot be', () => {
  const target = { registry, name: registry.repository('digests') }

  test('end-4c: an algorithm we do not know is 400', async () => {
    const query = { 'digest-algorithm': 'md5' }
    const answer = await registry.send('POST', `/v2/${target.name}/blobs/uploads/`, { query })
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
  })

  test.each([
    ['no algorithm', 'a'.repeat(64)],
    ['an unknown algorithm', `md5:${'a'.repeat(32)}`],
    ['too short', `sha256:${'a'.repeat(63)}`],
    ['upper case', `sha256:${'A'.repeat(64)}`],
    ['no hex at all', 'sha256:baddigeststring'],
  ])('end-6: %s is 400', async (_, digest) => {
    const location = await uploads.startUpload(target)
    check(await uploads.finish(registry, location, digest), { status: 400, error: 'DIGEST_INVALID' })
  })
})
