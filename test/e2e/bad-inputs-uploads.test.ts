import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBlob, checkBlobAbsent } from '../conformance/support/blobs.ts'
import { check, headerOf } from '../conformance/support/check.ts'
import { streamOf } from '../conformance/support/client.ts'
import { content, corrupt, randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { openInProcess } from './support/in-process.ts'
import { head, RawConnection, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, uploadBytes, uploadFiles, useServer } from './support/server.ts'
import { until, untilTrue } from './support/until.ts'
import { startSlowChunk, receivedBytes } from './support/slow-uploads.ts'

setDefaultTimeout(PATIENCE_MS)

const LIMIT = 4 * 1024 * 1024
const server = useServer({ env: { BERTH_LIMITS__BLOB_BYTES: String(LIMIT) } })
const target = { registry: server, name: 'e2e/uploads' }
const UNKNOWN = { status: 404, error: 'BLOB_UPLOAD_UNKNOWN' }

describe('row 04: a digest that the content does not have', () => {
  test.each([
    ['POST only', uploads.postOnly],
    ['POST and PUT', uploads.postThenPut],
    ['chunks', uploads.chunked],
    ['a stream', uploads.streamed],
  ])('row 04: %s is 400 DIGEST_INVALID, nothing is stored and the session is gone', async (label, way) => {
    const before = await uploadFiles(server.running.dataDir)
    const bad = corrupt(randomContent(`row4/${label}`, 2000))
    check(await way(target, bad), { status: 400, error: 'DIGEST_INVALID' })
    await checkBlobAbsent(target, bad.digest)
    await checkBlobAbsent(target, content(bad.bytes).digest)
    expect(await uploadFiles(server.running.dataDir)).toEqual(before)
  })

  test('row 04: the session answers 404 afterwards', async () => {
    const location = await uploads.startUpload(target)
    const bad = corrupt(randomContent('row4/session', 100))
    const answer = await uploads.finish(server, location, bad.digest, { start: 0, bytes: bad.bytes })
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
    check(await server.send('GET', location), UNKNOWN)
  })
})

test('row 05: a chunk with a gap or an overlap is 416 with where to go on, and changes nothing', async () => {
  const blob = randomContent('row5', 300)
  const chunk = (start: number, end: number) => ({ start, bytes: blob.bytes.slice(start, end) })
  const location = await uploads.startUpload(target)
  check(await uploads.sendChunk(server, location, chunk(0, 100)), uploads.accepted(target.name, 99))
  const refused = {
    status: 416,
    error: 'BLOB_UPLOAD_INVALID',
    headers: { Range: '0-99', Location: uploads.uploadLocation(target.name), 'Docker-Upload-UUID': /./ },
  }
  for (const [start, end] of [
    [101, 200],
    [99, 200],
    [0, 100],
    [0, 300],
    [200, 300],
  ] as const) {
    check(await uploads.sendChunk(server, location, chunk(start, end)), refused)
    check(await uploads.finish(server, location, blob.digest, chunk(start, end)), refused)
    check(await server.send('GET', location), { status: 204, headers: { Range: '0-99' } })
  }
  check(await uploads.sendChunk(server, location, chunk(100, 300)), uploads.accepted(target.name, 299))
  check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
  await checkBlob(target, blob)
})

test.each([
  ['shorter', '0-49'],
  ['longer', '0-149'],
])('row 06: a Content-Range %s than the body is 400 SIZE_INVALID, PATCH and PUT', async (_, range) => {
  const blob = randomContent('row6', 100)
  const location = await uploads.startUpload(target)
  const headers = { ...uploads.OCTETS, 'Content-Range': range }
  const body = blob.bytes.slice()
  check(await server.send('PATCH', location, { headers, body }), { status: 400, error: 'SIZE_INVALID' })
  const query = { digest: blob.digest }
  check(await server.send('PUT', location, { headers, body, query }), { status: 400, error: 'SIZE_INVALID' })
  check(await server.send('GET', location), { status: 204, headers: { Range: '0-0' } })
  const all = { start: 0, bytes: blob.bytes }
  check(await uploads.finish(server, location, blob.digest, all), uploads.created(target.name, blob.digest))
})

test('row 07: a body that ends before its Content-Length leaves a prefix, and the upload goes on from there', async () => {
  const blob = randomContent('row7', 400_000)
  const location = await uploads.startUpload(target)
  const connection = await RawConnection.open(server.url)
  connection.write(head('PATCH', location, ['Content-Length: 400000']))
  connection.write(blob.bytes.subarray(0, 150_000))
  await Bun.sleep(50)
  connection.destroy()
  const offset = await until('a prefix that is kept', async () => {
    const answer = await uploads.finish(server, location, blob.digest, { start: 0, bytes: new Uint8Array(1) })
    if (answer.status !== 416) return undefined
    const kept = await receivedBytes(server, location)
    return kept > 1 ? kept : undefined
  })
  expect(offset).toBeLessThanOrEqual(150_000)
  const rest = { start: offset, bytes: blob.bytes.slice(offset) }
  check(await uploads.sendChunk(server, location, rest), uploads.accepted(target.name, 399_999))
  check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
  await checkBlob(target, blob)
})

test('row 08: a second PATCH while one runs is 416, and does not mix with it', async () => {
  const blob = randomContent('row8', 2_000_000)
  const location = await uploads.startUpload(target)
  const slow = await startSlowChunk(server, { location, blob, method: 'PATCH' })
  const intruder = { start: 0, bytes: randomContent('row8/intruder', 1000).bytes }
  const refused = { status: 416, error: 'BLOB_UPLOAD_INVALID' }
  check(await uploads.sendChunk(server, location, intruder), refused)
  check(await server.send('PATCH', location, { headers: uploads.OCTETS, body: intruder.bytes.slice() }), refused)
  const all = { start: 0, bytes: blob.bytes }
  check(await uploads.finish(server, location, blob.digest, all), refused)
  expect((await slow.finish()).status).toBe(202)
  check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
  await checkBlob(target, blob)
})

describe('row 09: a PATCH during the final PUT', () => {
  test('row 09: is refused, and the blob is what was announced', async () => {
    const blob = randomContent('row9', 2_000_000)
    const location = await uploads.startUpload(target)
    const slow = await startSlowChunk(server, { location, blob, method: 'PUT' })
    const intruder = { start: 0, bytes: randomContent('row9/intruder', 1000).bytes }
    for (const answer of [
      await uploads.sendChunk(server, location, intruder),
      await server.send('PATCH', location, { headers: uploads.OCTETS, body: intruder.bytes.slice() }),
    ])
      expect([404, 416]).toContain(answer.status)
    expect((await slow.finish()).status).toBe(201)
    await checkBlob(target, blob)
  })

  test('row 09: in 40 races never changes what is stored', async () => {
    for (let round = 0; round < 40; round++) {
      const blob = randomContent(`row9/race/${round}`, 3000)
      const location = await uploads.startUpload(target)
      check(await uploads.sendChunk(server, location, { start: 0, bytes: blob.bytes }), { status: 202 })
      const extra = { headers: uploads.OCTETS, body: new Uint8Array(64) }
      const [put] = await Promise.all([
        uploads.finish(server, location, blob.digest),
        server.send('PATCH', location, extra),
        server.send('PATCH', location, extra),
      ])
      expect([201, 400, 416]).toContain(put.status)
      if (put.status === 201) await checkBlob(target, blob)
      else if (put.status === 400) await checkBlobAbsent(target, blob.digest)
    }
  })
})

test('row 10: the final PUT again is 201 again, and there is one blob', async () => {
  const blob = randomContent('row10', 100_000)
  const location = await uploads.startUpload(target)
  const all = { start: 0, bytes: blob.bytes }
  check(await uploads.finish(server, location, blob.digest, all), uploads.created(target.name, blob.digest))
  check(await uploads.finish(server, location, blob.digest, all), uploads.created(target.name, blob.digest))
  check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
  const other = randomContent('row10/other', 10).digest
  check(await uploads.finish(server, location, other), UNKNOWN)
  const hex = blob.digest.slice('sha256:'.length)
  const stored = await readdir(join(server.running.dataDir, 'blobs', 'sha256', hex.slice(0, 2)))
  expect(stored.filter((name) => name.startsWith(hex))).toHaveLength(1)
})

test('row 11: the session of another repository is 404 for every verb', async () => {
  const location = await uploads.startUpload(target)
  const elsewhere = location.replace(target.name, 'e2e/uploads/other')
  const chunk = { start: 0, bytes: new Uint8Array(10) }
  check(await server.send('GET', elsewhere), UNKNOWN)
  check(await uploads.sendChunk(server, elsewhere, chunk), UNKNOWN)
  check(await uploads.finish(server, elsewhere, content(chunk.bytes).digest, chunk), UNKNOWN)
  check(await server.send('DELETE', elsewhere), UNKNOWN)
  check(await server.send('GET', location), { status: 204, headers: { Range: '0-0' } })
})

test('row 12: an expired session is 404, and its bytes are gone', async () => {
  const registry = await openInProcess({ config: { uploads: { expireAfter: '24h' } } })
  try {
    const there = { registry, name: 'e2e/expired' }
    const old = await uploads.startUpload(there)
    check(await uploads.sendChunk(registry, old, { start: 0, bytes: new Uint8Array(100) }), { status: 202 })
    registry.clock.advance(23 * 3600_000)
    const young = await uploads.startUpload(there)
    registry.clock.advance(2 * 3600_000)
    await registry.runJob('purge-uploads')
    check(await registry.send('GET', old), UNKNOWN)
    check(await uploads.sendChunk(registry, old, { start: 100, bytes: new Uint8Array(100) }), UNKNOWN)
    check(await registry.send('GET', young), { status: 204 })
    expect(await uploadBytes(registry.dataDir)).toBe(0)
    expect(await uploadFiles(registry.dataDir)).toHaveLength(1)
  } finally {
    await registry.close()
  }
})

test('row 13: the empty blob can be pushed in every way and pulled', async () => {
  const blob = content('')
  for (const way of [uploads.postOnly, uploads.postThenPut, uploads.streamed]) {
    if (way === uploads.streamed) {
      const location = await uploads.startUpload(target)
      check(await server.send('PATCH', location, { headers: uploads.OCTETS }), uploads.accepted(target.name, 0))
      check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
    } else check(await way(target, blob), uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
  }
})

describe('row 14: a blob over the limit is 413', () => {
  const tooLarge = { status: 413, error: 'SIZE_INVALID' }

  async function clean(work: () => Promise<void>): Promise<void> {
    const before = await uploadBytes(server.running.dataDir)
    await work()
    await untilTrue('the bytes are gone', async () => (await uploadBytes(server.running.dataDir)) === before)
  }

  test.each(['PATCH', 'PUT', 'POST'])('row 14: declared, before a byte of a %s is read', async (method) => {
    await clean(async () => {
      const location = await uploads.startUpload(target)
      const digest = randomContent('row14', 10).digest
      const path =
        method === 'POST' ? `/v2/${target.name}/blobs/uploads/?digest=${digest}` : `${location}?digest=${digest}`
      const answer = await rawRequest(server.url, head(method, path, ['Content-Length: 99999999999']))
      expect(answer.status).toBe(413)
      expect(answer.body).toContain('SIZE_INVALID')
      check(await server.send('GET', location), { status: 204, headers: { Range: '0-0' } })
    })
  })

  test('row 14: not declared, as a stream', async () => {
    await clean(async () => {
      const location = await uploads.startUpload(target)
      const body = streamOf(new Uint8Array(LIMIT + 1))
      check(await server.send('PATCH', location, { headers: uploads.OCTETS, body }), tooLarge)
      check(await server.send('GET', location), { status: 204, headers: { Range: '0-0' } })
    })
  })

  test('row 14: by the last chunk of several, which leaves the earlier ones', async () => {
    const location = await uploads.startUpload(target)
    const most = { start: 0, bytes: new Uint8Array(LIMIT) }
    check(await uploads.sendChunk(server, location, most), uploads.accepted(target.name, LIMIT - 1))
    const one = { start: LIMIT, bytes: new Uint8Array(1) }
    check(await uploads.sendChunk(server, location, one), tooLarge)
    check(await uploads.finish(server, location, content(new Uint8Array(LIMIT + 1)).digest, one), tooLarge)
    check(await server.send('GET', location), { status: 204, headers: { Range: `0-${LIMIT - 1}` } })
    const digest = content(most.bytes).digest
    const end = check(await uploads.finish(server, location, digest), { status: 201 })
    expect(headerOf(end, 'Docker-Content-Digest')).toBe(digest)
  })
})
