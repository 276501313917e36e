import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdir, readFile } from 'node:fs/promises'
import { checkBlob } from '../conformance/support/blobs.ts'
import { check } from '../conformance/support/check.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { image, pushImage } from './support/images.ts'
import { largeContent } from './support/large.ts'
import { head, RawConnection, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { receivedBytes, startSlowChunk } from './support/slow-uploads.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

/** What Bun 1.4.5 does unless told otherwise, or did once: each of these was seen. */
const MIB = 1024 * 1024
const server = useServer()
const target = { registry: server, name: 'e2e/traps' }
const huge = largeContent(130 * MIB)
const large = randomContent('traps/large', 300_000)
const small = randomContent('traps/small', 1000)
const pushed = image('traps')

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${server.running.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

async function descriptors(): Promise<number> {
  return (await readdir(`/proc/${server.running.pid}/fd`)).length
}

beforeAll(async () => {
  for (const blob of [large, small]) await uploads.pushBlob(target, blob)
  await pushImage(target, pushed, 'v1')
})

test('trap: a body above 128 MiB is taken', async () => {
  await uploads.pushBlob(target, huge)
  const path = uploads.blobPath(target.name, huge.digest)
  check(await server.send('HEAD', path), { status: 200, headers: { 'Content-Length': String(huge.bytes.length) } })
}, 60_000)

describe('trap: memory', () => {
  test.each([
    ['a whole blob', []],
    ['several ranges', ['Range: bytes=0-50000000,60000000-130000000']],
  ])(
    'trap: readers of %s that do not read cost no memory',
    async (_, lines) => {
      await uploads.pushBlob(target, huge)
      const before = await residentBytes()
      const readers = await Promise.all(Array.from({ length: 4 }, () => RawConnection.open(server.url)))
      for (const reader of readers) {
        reader.write(head('GET', uploads.blobPath(target.name, huge.digest), lines))
        await untilTrue('it has begun', () => reader.receivedBytes > 0)
        reader.pause()
      }
      for (let look = 0; look < 20; look++) {
        expect((await residentBytes()) - before).toBeLessThan(80 * MIB)
        await Bun.sleep(25)
      }
      for (const reader of readers) reader.destroy()
    },
    60_000,
  )

  test('trap: an upload is not held in memory', async () => {
    const before = await residentBytes()
    let most = 0
    let done = false
    const watching = (async () => {
      while (!done) {
        most = Math.max(most, await residentBytes())
        await Bun.sleep(10)
      }
    })()
    await uploads.pushBlob({ registry: server, name: 'e2e/traps/memory' }, huge)
    done = true
    await watching
    expect(most - before).toBeLessThan(100 * MIB)
  }, 60_000)
})

describe('trap: headers', () => {
  test('trap: no file name in Content-Disposition, whatever kind of body', async () => {
    for (const blob of [small, large])
      for (const [method, headers] of [
        ['GET', {}],
        ['GET', { Range: 'bytes=0-9' }],
        ['GET', { Range: 'bytes=0-9,20-29' }],
        ['HEAD', {}],
      ] as const) {
        const answer = await server.send(method, uploads.blobPath(target.name, blob.digest), { headers })
        expect(answer.headers.get('Content-Disposition')).toBe('attachment')
        expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
        expect(answer.headers.get('Content-Security-Policy')).toBe('sandbox')
      }
  })

  test('trap: HEAD tells the true length and sends no body', async () => {
    const connection = await RawConnection.open(server.url)
    const paths = [
      [uploads.blobPath(target.name, small.digest), small.bytes.length],
      [uploads.blobPath(target.name, large.digest), large.bytes.length],
      [m.manifestPath(target.name, 'v1'), pushed.manifest.bytes.length],
    ] as const
    for (const [path, length] of paths) {
      connection.write(head('HEAD', path))
      await untilTrue('the head is there', () => connection.receivedBytes > 0)
      const text = await headOf(connection)
      expect(text.toLowerCase()).toContain(`\r\ncontent-length: ${length}\r\n`)
    }
    connection.destroy()
  })

  async function headOf(connection: RawConnection): Promise<string> {
    // The next request follows at once: what comes back must be its answer and not a body.
    connection.write(head('GET', '/healthz'))
    const text = await connection.textUntil('ok\n')
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    return text
  }

  test('trap: nothing is compressed, whatever is accepted', async () => {
    for (const path of [
      m.manifestPath(target.name, 'v1'),
      uploads.blobPath(target.name, large.digest),
      `/v2/${target.name}/tags/list`,
    ]) {
      const answer = await rawRequest(server.url, head('GET', path, ['Accept-Encoding: zstd, br, gzip, deflate']))
      expect([answer.status, answer.headers.has('content-encoding')]).toEqual([200, false])
      expect(answer.headers.get('content-length')).toEqual([String(answer.bytes.length)])
    }
  })

  test('trap: Expect: 100-continue is answered before the body comes, or refused before it', async () => {
    const location = await uploads.startUpload(target)
    const connection = await RawConnection.open(server.url)
    connection.write(head('PATCH', location, ['Content-Length: 5', 'Expect: 100-continue']))
    expect((await connection.answer()).status).toBe(100)
    connection.write('hello')
    expect((await connection.answer()).status).toBe(202)
    connection.destroy()
  })
})

describe('trap: clients that go away', () => {
  test('trap: 50 downloads that are aborted leave no descriptor open', async () => {
    await uploads.pushBlob(target, huge)
    check(await server.send('GET', uploads.blobPath(target.name, large.digest)), { status: 200 })
    const before = await descriptors()
    for (let round = 0; round < 50; round++) {
      const reader = await RawConnection.open(server.url)
      const lines = round % 2 === 0 ? [] : ['Range: bytes=1-60000000,70000000-130000000']
      reader.write(head('GET', uploads.blobPath(target.name, huge.digest), lines))
      await untilTrue('it has begun', () => reader.receivedBytes > 0)
      reader.destroy()
    }
    await untilTrue('they are closed', async () => (await descriptors()) <= before + 2)
  }, 60_000)

  test('trap: 50 uploads that are aborted leave none either, and each can go on', async () => {
    const before = await descriptors()
    const blob = randomContent('traps/aborted', 2_000_000)
    const locations: string[] = []
    for (let round = 0; round < 50; round++) {
      const location = await uploads.startUpload(target)
      if (round % 10 === 0) (await startSlowChunk(server, { location, blob, method: 'PATCH' })).abort()
      else {
        const connection = await RawConnection.open(server.url)
        connection.write(head('PATCH', location, ['Content-Length: 5000']))
        connection.write(blob.bytes.subarray(0, 100))
        connection.destroy()
      }
      locations.push(location)
    }
    await untilTrue('they are closed', async () => (await descriptors()) <= before + 2, 20_000)
    for (const location of locations) {
      const kept = await receivedBytes(server, location)
      // `0-0` is one byte or none.
      const start = kept === 1 ? 0 : kept
      const rest = { start, bytes: blob.bytes.slice(start) }
      await untilTrue(
        'the upload is free',
        async () => (await uploads.sendChunk(server, location, rest)).status === 202,
      )
      check(await server.send('DELETE', location), { status: 204 })
    }
  }, 60_000)

  test('trap: that is no failure of the server, and nothing is logged as one', async () => {
    await checkBlob(target, large)
    const errors = server.running
      .output()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'))
    expect(errors).toEqual([])
  })
})
