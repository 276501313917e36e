import { describe, test } from 'bun:test'
import { checkBlob, deleteBlob } from './support/blobs.ts'
import { check, headerOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { ALGORITHMS, randomContent } from './support/content.ts'
import * as uploads from './support/uploads.ts'

const registry = useRegistry('chunks')

/** A refused chunk leaves the upload where it was and says where that is: regctl goes on from these headers. */
function refused(name: string, acceptedBytes: number) {
  const range = acceptedBytes === 0 ? '0-0' : `0-${acceptedBytes - 1}`
  const headers = { Location: uploads.uploadLocation(name), Range: range, 'Docker-Upload-UUID': /./ }
  return { status: 416, error: 'BLOB_UPLOAD_INVALID', headers }
}

function status(name: string, acceptedBytes: number) {
  const { headers } = refused(name, acceptedBytes)
  return { status: 204, headers: { ...headers, 'Content-Length': null }, body: '' }
}

describe.each([...ALGORITHMS])('chunks out of order, %s', (algorithm) => {
  const target = { registry, name: registry.repository(algorithm) }
  const blob = randomContent('chunks', uploads.THREE_CHUNKS_BYTES, algorithm)
  const chunks = uploads.chunksOf(blob.bytes)

  /** Ahead of its turn while there is one ahead, else the first again. */
  function wrongChunk(turn: number): uploads.Chunk {
    const wrong = chunks[turn + 1] ?? chunks[0]
    if (wrong === undefined) throw new Error('a blob of three chunks has none')
    return wrong
  }

  test.each([
    ['PATCH', false],
    ['PATCH, and PUT for a last chunk', true],
  ])('%s: 416, the status says what was kept, and the upload still ends well', async (_, putLast) => {
    let location = await uploads.startUpload(target)
    const send = (chunk: uploads.Chunk) =>
      putLast && chunk === chunks.at(-1)
        ? uploads.finish(registry, location, blob.digest, chunk)
        : uploads.sendChunk(registry, location, chunk)

    for (const [turn, chunk] of chunks.entries()) {
      check(await send(wrongChunk(turn)), refused(target.name, chunk.start))
      // end-13
      const now = check(await registry.send('GET', location), status(target.name, chunk.start))
      location = headerOf(now, 'Location')
      const answer = await send(chunk)
      location = headerOf(answer, 'Location')
    }

    if (!putLast)
      check(await uploads.finish(registry, location, blob.digest), uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
    await deleteBlob(target, blob.digest)
  })

  test('HEAD tells the status as GET does', async () => {
    const location = await uploads.startUpload(target)
    check(await registry.send('HEAD', location), status(target.name, 0))
  })

  test('a stale Location still answers 204, and 416 to its old chunk', async () => {
    const [first, second] = [chunks[0], chunks[1]]
    if (first === undefined || second === undefined) throw new Error('a blob of three chunks has fewer')
    const stale = await uploads.startUpload(target)
    check(await uploads.sendChunk(registry, stale, first), uploads.accepted(target.name, first.bytes.length - 1))
    check(await uploads.sendChunk(registry, stale, first), refused(target.name, first.bytes.length))
    check(await registry.send('GET', stale), status(target.name, first.bytes.length))
    check(
      await uploads.sendChunk(registry, stale, second),
      uploads.accepted(target.name, second.start + second.bytes.length - 1),
    )
  })

  test('a PATCH without Content-Range appends', async () => {
    let location = await uploads.startUpload(target)
    for (const chunk of chunks) {
      const answer = await registry.send('PATCH', location, { headers: uploads.OCTETS, body: chunk.bytes.slice() })
      check(answer, uploads.accepted(target.name, chunk.start + chunk.bytes.length - 1))
      location = headerOf(answer, 'Location')
    }
    check(await uploads.finish(registry, location, blob.digest), uploads.created(target.name, blob.digest))
  })
})
