import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { checkBlob } from '../conformance/support/blobs.ts'
import { check } from '../conformance/support/check.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { head, type RawAnswer, RawConnection } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { receivedBytes, startSlowChunk } from './support/slow-uploads.ts'
import { until, untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer({ args: ['--workers', '2'] })
const NAME = 'e2e/workers'

/** A worker's request ids all begin alike, with a random part of its own. */
async function workerOf(connection: RawConnection): Promise<string> {
  connection.write(head('GET', '/v2/'))
  return (await connection.answer()).headers.get('x-request-id')?.[0]?.split('-')[0] ?? ''
}

/** Two connections that stay open, each to another worker. */
async function oneToEach(): Promise<[RawConnection, RawConnection]> {
  const first = await RawConnection.open(server.url)
  const name = await workerOf(first)
  return until('a connection to the other worker', async () => {
    const other = await RawConnection.open(server.url)
    if ((await workerOf(other)) !== name) return [first, other] as [RawConnection, RawConnection]
    other.destroy()
    return undefined
  })
}

async function ask(
  connection: RawConnection,
  request: string,
  body: Uint8Array = new Uint8Array(),
): Promise<RawAnswer> {
  connection.write(request)
  connection.write(body)
  return connection.answer()
}

function lengthOf(body: Uint8Array): string {
  return `Content-Length: ${body.length}`
}

async function children(): Promise<number[]> {
  const { pid } = server.running
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
}

test.each(['sha256', 'sha512'] as const)(
  'an upload may touch another worker with each request (%s)',
  async (algorithm) => {
    const [a, b] = await oneToEach()
    const blob = randomContent('workers', 3000, algorithm)
    const parts = [blob.bytes.slice(0, 1000), blob.bytes.slice(1000, 2000), blob.bytes.slice(2000)] as const
    const started = await ask(a, head('POST', `/v2/${NAME}/blobs/uploads/`, ['Content-Length: 0']))
    const location = started.headers.get('location')?.[0] ?? ''
    expect((await ask(b, head('PATCH', location, [lengthOf(parts[0])]), parts[0])).status).toBe(202)
    expect((await ask(b, head('GET', location))).headers.get('range')).toEqual(['0-999'])
    const late = await ask(a, head('PATCH', location, [lengthOf(parts[0]), 'Content-Range: 0-999']), parts[0])
    expect([late.status, late.headers.get('range')]).toEqual([416, ['0-999']])
    expect((await ask(a, head('PATCH', location, [lengthOf(parts[1])]), parts[1])).status).toBe(202)
    const put = head('PUT', `${location}?digest=${blob.digest}`, [lengthOf(parts[2])])
    expect((await ask(b, put, parts[2])).status).toBe(201)
    expect((await ask(a, head('PUT', `${location}?digest=${blob.digest}`, ['Content-Length: 0']))).status).toBe(201)
    for (const connection of [a, b]) {
      const path = uploads.blobPath(NAME, blob.digest)
      const got = await ask(connection, head('GET', path))
      expect([got.status, Buffer.from(got.bytes).equals(blob.bytes)]).toEqual([200, true])
      connection.destroy()
    }
  },
)

test('what one worker was told, the other knows at once', async () => {
  const [a, b] = await oneToEach()
  const blob = randomContent('workers/delete', 100)
  const path = uploads.blobPath(NAME, blob.digest)
  for (let round = 0; round < 20; round++) {
    const [here, there] = round % 2 === 0 ? [a, b] : [b, a]
    const post = head('POST', `/v2/${NAME}/blobs/uploads/?digest=${blob.digest}`, [lengthOf(blob.bytes)])
    expect((await ask(here, post, blob.bytes)).status).toBe(201)
    expect((await ask(there, head('GET', path))).status).toBe(200)
    expect((await ask(here, head('DELETE', path))).status).toBe(202)
    expect((await ask(there, head('GET', path))).status).toBe(404)
  }
  a.destroy()
  b.destroy()
})

test('a PATCH on one worker keeps the other from the same upload', async () => {
  const blob = randomContent('workers/held', 2_000_000)
  const location = await uploads.startUpload({ registry: server, name: NAME })
  const slow = await startSlowChunk(server, { location, blob, method: 'PATCH' })
  const [a, b] = await oneToEach()
  for (const connection of [a, b]) {
    const refused = await ask(connection, head('PATCH', location, ['Content-Length: 3']), new Uint8Array(3))
    expect(refused.status).toBe(416)
    connection.destroy()
  }
  expect((await slow.finish()).status).toBe(202)
  check(await uploads.finish(server, location, blob.digest), uploads.created(NAME, blob.digest))
})

test('/metrics adds both up, whichever answers', async () => {
  const [a, b] = await oneToEach()
  const path = '/v2/e2e/workers/metrics/tags/list'
  const counted = async (connection: RawConnection) => {
    const { body } = await ask(connection, head('GET', '/metrics'))
    return Number(
      /^registry_http_requests_total\{handler="tags",method="GET",code="404"\} (\d+)$/m.exec(body)?.[1] ?? 0,
    )
  }
  const before = await counted(a)
  for (let n = 0; n < 7; n++) expect((await ask(a, head('GET', path))).status).toBe(404)
  for (let n = 0; n < 5; n++) expect((await ask(b, head('GET', path))).status).toBe(404)
  expect([(await counted(a)) - before, (await counted(b)) - before]).toEqual([12, 12])
  a.destroy()
  b.destroy()
})

describe('a worker that is killed', () => {
  test('is started again, and the upload it was writing goes on', async () => {
    const before = await children()
    expect(before).toHaveLength(2)
    const blob = randomContent('workers/killed', 3_000_000)
    const location = await uploads.startUpload({ registry: server, name: NAME })
    const slow = await startSlowChunk(server, { location, blob, method: 'PATCH' })
    // Whichever of them has it: both, one after the other.
    for (const pid of before) {
      process.kill(pid, 'SIGKILL')
      await untilTrue('there are two again', async () => {
        const now = await children()
        return now.length === 2 && !now.includes(pid)
      })
    }
    slow.abort()
    const free = async () => {
      const probe = { start: 2_999_999, bytes: new Uint8Array(1) }
      const answer = await uploads.sendChunk(server, location, probe).catch(() => undefined)
      return answer?.status === 416 && !answer.text.includes('another request')
    }
    await untilTrue('the upload is free', free, 10_000)
    const offset = await receivedBytes(server, location)
    expect(offset).toBeGreaterThan(1)
    const rest = { start: offset, bytes: blob.bytes.slice(offset) }
    check(await uploads.sendChunk(server, location, rest), uploads.accepted(NAME, 2_999_999))
    check(await uploads.finish(server, location, blob.digest), uploads.created(NAME, blob.digest))
    await checkBlob({ registry: server, name: NAME }, blob)
    const [a, b] = await oneToEach()
    a.destroy()
    b.destroy()
  })

  test('SIGTERM ends all of them, with code 0', async () => {
    const workers = await children()
    expect(await server.running.stop('SIGTERM')).toBe(0)
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow()
  })
})
