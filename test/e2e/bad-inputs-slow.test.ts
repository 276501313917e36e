import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type BodyLimits, readBody } from '../../src/http/body.ts'
import { OciError } from '../../src/oci/errors.ts'
import { check } from '../conformance/support/check.ts'
import { digestOf, randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { largeContent } from './support/large.ts'
import { head, RawConnection } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { untilTrue, within } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const LONG = process.env.BERTH_TEST_LONG !== undefined
const server = useServer()
const target = { registry: server, name: 'e2e/slow' }
/** The real limits with a minute scaled down to 300 ms: at least 64 bytes in each. */
const LIMITS: BodyLimits = { firstByteMs: 300, idleMs: 300, minBytesPerSecond: 200 }

interface Trickle {
  readonly pieceBytes: number
  readonly everyMs: number
  readonly pieces: number
}

/** A request whose body comes in pieces, and may stop coming without ending. */
function trickling({ pieceBytes, everyMs, pieces }: Trickle, thenEnd: boolean): Request {
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent === pieces) {
        if (thenEnd) controller.close()
        else await new Promise(() => undefined)
        return
      }
      await Bun.sleep(everyMs)
      sent++
      controller.enqueue(new Uint8Array(pieceBytes))
    },
  })
  return new Request('http://registry.test/', { method: 'PATCH', body })
}

async function read(request: Request): Promise<number> {
  let bytes = 0
  for await (const chunk of readBody(request, LIMITS)) bytes += chunk.byteLength
  return bytes
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof OciError)) throw new Error(`not refused: ${error}`)
  return `${error.status} ${error.code}`
}

describe('row 15: a slow upload', () => {
  test('row 15: that keeps coming over several windows is read to its end', async () => {
    const bytes = await read(trickling({ pieceBytes: 400, everyMs: 40, pieces: 30 }, true))
    expect(bytes).toBe(12_000)
  })

  test.if(LONG)(
    'row 15: at 10 KiB a second for 20 minutes is 202',
    async () => {
      const blob = randomContent('row15/long', 1200 * 10_240)
      const location = await uploads.startUpload(target)
      const connection = await RawConnection.open(server.url)
      connection.write(head('PATCH', location, [`Content-Length: ${blob.bytes.length}`]))
      for (let at = 0; at < blob.bytes.length; at += 10_240) {
        connection.write(blob.bytes.subarray(at, at + 10_240))
        await Bun.sleep(1000)
      }
      expect((await connection.answer()).status).toBe(202)
      connection.destroy()
      check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
    },
    25 * 60_000,
  )
})

// One group, because each of them mostly waits. Bun closes after about 12 s of silence unless told otherwise.
describe.concurrent('against the server, at once', () => {
  test('row 15: a piece every 150 ms against the server is 202', async () => {
    const blob = randomContent('row15', 10_000)
    const location = await uploads.startUpload(target)
    const connection = await RawConnection.open(server.url)
    connection.write(head('PATCH', location, [`Content-Length: ${blob.bytes.length}`]))
    for (let at = 0; at < blob.bytes.length; at += 1000) {
      connection.write(blob.bytes.subarray(at, at + 1000))
      await Bun.sleep(150)
    }
    expect((await connection.answer()).status).toBe(202)
    connection.destroy()
    check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
  })

  test('row 16: dripping the head of a request is closed, and nobody else waits', async () => {
    const slow = await Promise.all(Array.from({ length: 60 }, () => RawConnection.open(server.url)))
    for (const connection of slow) connection.write('GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    const started = performance.now()
    while (slow.some((connection) => !connection.closed)) {
      for (const connection of slow) if (!connection.closed) connection.write('a')
      check(await within('a ping beside 60 slow clients', 1000, server.send('GET', '/v2/')), { status: 200 })
      if (performance.now() - started > 20_000) throw new Error('some are still open after 20 s')
      await Bun.sleep(250)
    }
  }, 30_000)

  test('trap: silence of 14 s does not close a kept connection', async () => {
    const connection = await RawConnection.open(server.url)
    for (let round = 0; round < 2; round++) {
      connection.write(head('GET', '/v2/'))
      expect((await connection.answer()).status).toBe(200)
      if (round === 0) await Bun.sleep(14_000)
    }
    connection.destroy()
  }, 30_000)

  test('trap: silence of 14 s does not end an upload', async () => {
    const blob = randomContent('silence', 2_000)
    const location = await uploads.startUpload(target)
    const connection = await RawConnection.open(server.url)
    connection.write(head('PATCH', location, [`Content-Length: ${blob.bytes.length}`]))
    connection.write(blob.bytes.subarray(0, 1000))
    await Bun.sleep(14_000)
    connection.write(blob.bytes.subarray(1000))
    expect((await connection.answer()).status).toBe(202)
    connection.destroy()
    check(await uploads.finish(server, location, blob.digest), uploads.created(target.name, blob.digest))
  }, 30_000)

  test('trap: silence of 14 s does not end a download', async () => {
    const blob = largeContent(20_000_000)
    await uploads.pushBlob(target, blob)
    const connection = await RawConnection.open(server.url)
    connection.write(head('GET', uploads.blobPath(target.name, blob.digest)))
    await untilTrue('it has begun', () => connection.receivedBytes > 0)
    connection.pause()
    await Bun.sleep(14_000)
    connection.resume()
    const { status, bytes } = await connection.answer()
    connection.destroy()
    expect([status, digestOf(bytes) === blob.digest]).toEqual([200, true])
  }, 30_000)
})

describe.concurrent('row 16: a client that holds a slot', () => {
  test('row 16: without a first byte is given up', async () => {
    const started = performance.now()
    const stalled = read(trickling({ pieceBytes: 1, everyMs: 1, pieces: 0 }, false))
    expect(await refusalOf(stalled)).toBe('408 BLOB_UPLOAD_INVALID')
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('row 16: with a byte now and then is given up', async () => {
    const drip = read(trickling({ pieceBytes: 1, everyMs: 100, pieces: 100 }, true))
    expect(await refusalOf(drip)).toBe('408 BLOB_UPLOAD_INVALID')
  })

  test('row 16: that stops after a good start is given up', async () => {
    const stops = read(trickling({ pieceBytes: 1000, everyMs: 10, pieces: 5 }, false))
    expect(await refusalOf(stops)).toBe('408 BLOB_UPLOAD_INVALID')
  })

  test.if(LONG)(
    'row 16: dripping a body of a byte every 30 s is 408, and the upload can go on',
    async () => {
      const location = await uploads.startUpload(target)
      const connection = await RawConnection.open(server.url)
      connection.write(head('PATCH', location, ['Content-Length: 100000']))
      const drip = setInterval(() => connection.write('a'), 30_000)
      const answer = await connection.answer(200_000)
      clearInterval(drip)
      connection.destroy()
      expect(answer.status).toBe(408)
      check(await server.send('GET', location), { status: 204 })
    },
    240_000,
  )
})
