import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBlob, checkBlobAbsent, deleteBlob } from '../conformance/support/blobs.ts'
import { check } from '../conformance/support/check.ts'
import { streamOf } from '../conformance/support/client.ts'
import { content, randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { openInProcess } from './support/in-process.ts'
import { head, RawConnection, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, uploadFiles, useServer } from './support/server.ts'
import { rowsIn } from '../support/rows.ts'
import { receivedBytes, startSlowChunk } from './support/slow-uploads.ts'
import { until, untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const target = { registry: server, name: 'e2e/edge/uploads' }
const UNKNOWN = { status: 404, error: 'BLOB_UPLOAD_UNKNOWN' }

function idOf(location: string): string {
  return location.split('/').at(-1) ?? ''
}

async function stored(digest: string): Promise<string[]> {
  const hex = digest.slice(digest.indexOf(':') + 1)
  const folder = join(server.running.dataDir, 'blobs', 'sha256', hex.slice(0, 2))
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.startsWith(hex))
}

describe('edge 01: a PATCH that is aborted', () => {
  test.each([
    ['with a length', (size: number) => [`Content-Length: ${size}`], (bytes: Uint8Array) => Buffer.from(bytes)],
    [
      'chunked',
      () => ['Transfer-Encoding: chunked'],
      (bytes: Uint8Array) => Buffer.concat([Buffer.from(`${(bytes.length * 2).toString(16)}\r\n`), bytes]),
    ],
  ])('edge 01: %s: status, file and hash agree afterwards', async (label, lines, encode) => {
    const blob = randomContent(`edge1/${label}`, 3_000_000)
    const location = await uploads.startUpload(target)
    check(await uploads.sendChunk(server, location, { start: 0, bytes: blob.bytes.slice(0, 1000) }), { status: 202 })
    const connection = await RawConnection.open(server.url)
    connection.write(head('PATCH', location, lines(blob.bytes.length - 1000)))
    connection.write(encode(blob.bytes.slice(1000, 2_000_000)))
    await untilTrue('part of it is there', async () => (await receivedBytes(server, location)) > 1000)
    connection.destroy()
    const offset = await until('the upload is free', async () => {
      const tooFar = await uploads.sendChunk(server, location, { start: 2_999_999, bytes: new Uint8Array(1) })
      check(tooFar, { status: 416, error: 'BLOB_UPLOAD_INVALID' })
      return tooFar.text.includes('another request') ? undefined : receivedBytes(server, location)
    })
    expect(offset).toBeLessThanOrEqual(2_000_000)
    const file = await stat(join(server.running.dataDir, 'uploads', idOf(location)))
    expect(file.size).toBe(offset)
    const rest = { start: offset, bytes: blob.bytes.slice(offset) }
    check(await uploads.sendChunk(server, location, rest), uploads.accepted(target.name, 2_999_999))
    check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
  })
})

describe('edge 05: the closing PUT repeated after its 201 was lost', () => {
  test('edge 05: is 201 again, with and without the body', async () => {
    const blob = randomContent('edge5', 2000)
    const location = await uploads.startUpload(target)
    check(await uploads.sendChunk(server, location, { start: 0, bytes: blob.bytes }), { status: 202 })
    const connection = await RawConnection.open(server.url)
    connection.write(head('PUT', `${location}?digest=${blob.digest}`, ['Content-Length: 0']))
    connection.destroy()
    // While the first one runs the other may be refused; it must not stay so.
    await untilTrue('the repeated PUT is 201', async () => {
      const answer = await uploads.finish(server, location, blob.digest)
      return answer.status === 201
    })
    check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
    check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
  })

  test('edge 05: is 404 when the blob is not there any more', async () => {
    const blob = randomContent('edge5/deleted', 2000)
    const location = await uploads.startUpload(target)
    const all = { start: 0, bytes: blob.bytes }
    check(await uploads.finish(server, location, blob.digest, all), uploads.created(target.name, blob.digest))
    await deleteBlob(target, blob.digest)
    // A 201 would promise a blob that cannot be pulled.
    check(await uploads.finish(server, location, blob.digest), UNKNOWN)
    await checkBlobAbsent(target, blob.digest)
  })
})

test('edge 06: sessions that finish the same digest together are all 201, with one copy', async () => {
  const blob = randomContent('edge6', 100_000)
  const names = ['e2e/edge/six-a', 'e2e/edge/six-b']
  const targets = Array.from({ length: 12 }, (_, n) => ({ registry: server, name: names[n % 2] ?? '' }))
  const locations = await Promise.all(
    targets.map(async (there) => {
      const location = await uploads.startUpload(there)
      check(await uploads.sendChunk(server, location, { start: 0, bytes: blob.bytes }), { status: 202 })
      return location
    }),
  )
  const answers = await Promise.all(locations.map((location) => uploads.finish(server, location, blob.digest)))
  for (const [n, answer] of answers.entries()) check(answer, uploads.created(names[n % 2] ?? '', blob.digest))
  for (const name of names) await checkBlob({ registry: server, name }, blob)
  expect(await stored(blob.digest)).toHaveLength(1)
  const left = await uploadFiles(server.running.dataDir)
  for (const location of locations) expect(left).not.toContain(idOf(location))
})

test('edge 07: of 8 PATCHes at once each is 202 or 416, and none mixes with another', async () => {
  const parts = Array.from({ length: 8 }, (_, n) => randomContent(`edge7/${n}`, 300_000))
  const location = await uploads.startUpload(target)
  const answers = await Promise.all(parts.map(({ bytes }) => uploads.sendChunk(server, location, { start: 0, bytes })))
  for (const answer of answers) if (answer.status !== 202) check(answer, { status: 416, error: 'BLOB_UPLOAD_INVALID' })
  const winners = parts.filter((_, n) => answers[n]?.status === 202)
  expect(winners).toHaveLength(1)
  for (const winner of winners) {
    check(await uploads.finish(server, location, winner.digest), uploads.created(target.name, winner.digest))
    await checkBlob(target, winner)
  }
})

test('edge 08: DELETE while a PATCH streams is 204, the PATCH ends 404, no file is left', async () => {
  const blob = randomContent('edge8', 2_000_000)
  const location = await uploads.startUpload(target)
  const slow = await startSlowChunk(server, { location, blob, method: 'PATCH' })
  check(await server.send('DELETE', location), { status: 204 })
  check(await server.send('GET', location), UNKNOWN)
  const answer = await slow.finish()
  expect(answer.status).toBe(404)
  expect(answer.body).toContain('BLOB_UPLOAD_UNKNOWN')
  expect(await uploadFiles(server.running.dataDir)).not.toContain(idOf(location))
})

test('edge 09: a digest that does not match is 400, the session and its bytes are gone', async () => {
  const blob = randomContent('edge9', 5000)
  const location = await uploads.startUpload(target)
  check(await uploads.sendChunk(server, location, { start: 0, bytes: blob.bytes }), { status: 202 })
  const wrong = randomContent('edge9/wrong', 5000).digest
  check(await uploads.finish(server, location, wrong), { status: 400, error: 'DIGEST_INVALID' })
  check(await server.send('GET', location), UNKNOWN)
  await checkBlobAbsent(target, wrong)
  await checkBlobAbsent(target, blob.digest)
  expect(await uploadFiles(server.running.dataDir)).not.toContain(idOf(location))
})

test('edge 10: a PUT without a digest, or with two, is 400 and the session goes on', async () => {
  const blob = randomContent('edge10', 100)
  const location = await uploads.startUpload(target)
  check(await uploads.sendChunk(server, location, { start: 0, bytes: blob.bytes }), { status: 202 })
  const invalid = { status: 400, error: 'DIGEST_INVALID' }
  const body = new Uint8Array()
  check(await server.send('PUT', location, { body }), invalid)
  check(await server.send('PUT', location, { body, query: { digest: '' } }), invalid)
  check(await server.send('PUT', location, { body, query: { digest: [blob.digest, blob.digest] } }), invalid)
  check(
    await server.send('PUT', location, { body, query: { digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' } }),
    invalid,
  )
  check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
})

test.each([
  '15-13',
  'a-b',
  'bytes 10-19/20',
  'bytes 10-19/*',
  '10-',
  '-19',
  '10',
  '',
  '10-19,20-29',
  '-1-19',
  '1e1-19',
  '10-99999999999999999999999',
])('edge 11: Content-Range "%s" is 416, and nothing is appended', async (range) => {
  const location = await uploads.startUpload(target)
  const ten = { start: 0, bytes: new Uint8Array(10) }
  check(await uploads.sendChunk(server, location, ten), uploads.accepted(target.name, 9))
  for (const [method, path] of [
    ['PATCH', location],
    ['PUT', `${location}?digest=${content(new Uint8Array(20)).digest}`],
  ] as const) {
    const connection = await RawConnection.open(server.url)
    connection.write(head(method, path, [`Content-Range: ${range}`, 'Content-Length: 10']))
    connection.write(new Uint8Array(10))
    const answer = await connection.answer()
    connection.destroy()
    expect([method, answer.status, answer.headers.get('range')]).toEqual([method, 416, ['0-9']])
  }
  check(await server.send('GET', location), { status: 204, headers: { Range: '0-9' } })
})

test.each([
  ['longer', 150],
  ['shorter', 50],
])('edge 12: a streamed body %s than its Content-Range is 400, the offset stays', async (_, sizeBytes) => {
  const blob = randomContent('edge12', 300)
  const location = await uploads.startUpload(target)
  const first = { start: 0, bytes: blob.bytes.slice(0, 100) }
  check(await uploads.sendChunk(server, location, first), uploads.accepted(target.name, 99))
  const headers = { ...uploads.OCTETS, 'Content-Range': '100-199' }
  for (const [method, query] of [
    ['PATCH', {}],
    ['PUT', { digest: blob.digest }],
  ] as const) {
    const body = streamOf(new Uint8Array(sizeBytes))
    check(await server.send(method, location, { headers, body, query }), { status: 400, error: 'SIZE_INVALID' })
    check(await server.send('GET', location), { status: 204, headers: { Range: '0-99' } })
  }
  const rest = { start: 100, bytes: blob.bytes.slice(100) }
  check(await uploads.finish(server, location, blob.digest, rest), uploads.created(target.name, blob.digest))
  await checkBlob(target, blob)
})

test('edge 13: PATCHes without a Content-Range are appended', async () => {
  const blob = randomContent('edge13', 300)
  const location = await uploads.startUpload(target)
  for (const [n, body] of [blob.bytes.slice(0, 100), blob.bytes.slice(100, 200)].entries()) {
    const answer = await server.send('PATCH', location, { headers: uploads.OCTETS, body: body.slice() })
    check(answer, uploads.accepted(target.name, n * 100 + 99))
  }
  const query = { digest: blob.digest }
  const last = { headers: uploads.OCTETS, body: blob.bytes.slice(200), query }
  check(await server.send('PUT', location, last), uploads.created(target.name, blob.digest))
  await checkBlob(target, blob)
})

test('edge 14: a PATCH of nothing is 202 with 0-0, then the empty blob is 201', async () => {
  const empty = content('')
  const location = await uploads.startUpload(target)
  for (const lines of [['Content-Length: 0'], ['Transfer-Encoding: chunked']]) {
    const end = lines[0] === 'Content-Length: 0' ? '' : '0\r\n\r\n'
    const answer = await rawRequest(server.url, head('PATCH', location, lines) + end)
    expect([answer.status, answer.headers.get('range')]).toEqual([202, ['0-0']])
  }
  check(await uploads.finish(server, location, empty.digest), uploads.created(target.name, empty.digest))
  await checkBlob(target, empty)
})

test('edge 15: an upload id elsewhere, or with a way out of its folder, is 404', async () => {
  const location = await uploads.startUpload(target)
  const id = idOf(location)
  const base = `/v2/${target.name}/blobs/uploads`
  const wrong = [
    `/v2/e2e/edge/elsewhere/blobs/uploads/${id}`,
    `${base}/..%2f${id}`,
    `${base}/..%2fuploads%2f${id}`,
    `${base}/%2e%2e%2f${id}`,
    `${base}/${id.toUpperCase()}A`,
    `${base}/${id}%00`,
    `${base}/.probe`,
    `${base}/..`,
  ]
  for (const path of wrong)
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answer = await rawRequest(
        server.url,
        head(method, `${path}?digest=${content('').digest}`, ['Content-Length: 0']),
      )
      // `..` is folded into the path of another endpoint before we see it.
      expect([path, method, answer.status]).toEqual([path, method, path.endsWith('/..') ? answer.status : 404])
      expect(answer.status).toBeGreaterThanOrEqual(400)
      if (answer.body !== '' && !path.endsWith('/..')) expect(answer.body).toContain('BLOB_UPLOAD_UNKNOWN')
    }
  check(await server.send('GET', location), { status: 204 })
})

describe('edge 40: time', () => {
  test('edge 40: a session that goes on now and then outlives the limit, an idle one does not', async () => {
    const registry = await openInProcess({ config: { uploads: { expireAfter: '1h' } } })
    try {
      const there = { registry, name: 'e2e/edge/time' }
      const blob = randomContent('edge40/time', 500)
      const busy = await uploads.startUpload(there)
      const idle = await uploads.startUpload(there)
      for (const [n, chunk] of uploads.chunksOf(blob.bytes, 100).entries()) {
        registry.clock.advance(40 * 60_000)
        await registry.runJob('purge-uploads')
        check(await uploads.sendChunk(registry, busy, chunk), uploads.accepted(there.name, n * 100 + 99))
      }
      check(await uploads.finish(registry, busy, blob.digest), uploads.created(there.name, blob.digest))
      check(await registry.send('GET', idle), UNKNOWN)
      expect(await uploadFiles(registry.dataDir)).toEqual([])
    } finally {
      await registry.close()
    }
  })

  test('edge 40: a session that is being written is not purged, however long that takes', async () => {
    const registry = await openInProcess({ config: { uploads: { expireAfter: '1h' } } })
    try {
      const there = { registry, name: 'e2e/edge/time' }
      const blob = randomContent('edge40/writing', 2_000_000)
      const location = await uploads.startUpload(there)
      const slow = await startSlowChunk(registry, { location, blob, method: 'PATCH' })
      registry.clock.advance(10 * 3600_000)
      await registry.runJob('purge-uploads')
      expect((await slow.finish()).status).toBe(202)
      check(await uploads.finish(registry, location, blob.digest), uploads.created(there.name, blob.digest))
    } finally {
      await registry.close()
    }
  })
})

describe('a database that forgets an upload', () => {
  test('a blob in one request: 503 and "send it again", for the client never heard of an upload', async () => {
    const blob = randomContent('forgotten', 3_000_000)
    const name = 'e2e/edge/forgotten'
    const connection = await RawConnection.open(server.url)
    const path = `/v2/${name}/blobs/uploads/?digest=${blob.digest}`
    connection.write(head('POST', path, [`Content-Length: ${blob.bytes.length}`]))
    connection.write(blob.bytes.slice(0, 2_000_000))
    const forgotten = () =>
      rowsIn<{ id: string }>(server.running.dataDir, 'delete from uploads where repository = ? returning id', [name])
    await untilTrue('its row is gone', async () => (await forgotten()).length > 0)
    connection.write(blob.bytes.slice(2_000_000))
    const answer = await connection.answer()
    connection.destroy()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, ['1']])
    expect(answer.body).toContain('send it again')
    await checkBlobAbsent({ registry: server, name }, blob.digest)
  })
})
