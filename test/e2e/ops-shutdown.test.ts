import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { checkBlob } from '../conformance/support/blobs.ts'
import { check } from '../conformance/support/check.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { withDataFolder } from './support/data-folder.ts'
import { largeContent } from './support/large.ts'
import { head, RawConnection } from './support/raw.ts'
import { receivedBytes, startSlowChunk } from './support/slow-uploads.ts'
import { untilTrue } from './support/until.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const NAME = 'e2e/shutdown'
const MIB = 1024 * 1024

describe.concurrent('SIGTERM', () => {
  test('lets a running pull come to its end', async () => {
    await withDataFolder(async (folder) => {
      const server = await folder.start()
      const blob = largeContent(48 * MIB)
      await uploads.pushBlob({ registry: server, name: NAME }, blob)
      const pull = await RawConnection.open(server.url)
      pull.write(head('GET', uploads.blobPath(NAME, blob.digest)))
      await untilTrue('the pull has begun', () => pull.receivedBytes > 100_000)
      pull.pause()
      const ended = server.running.stop('SIGTERM')
      await untilTrue('the server is stopping', () => server.running.output().includes('"stopping"'))
      // Nobody new comes in, or is told that this one is going.
      const late = await server.send('GET', '/readyz').then(
        (answer) => answer.status,
        () => 'refused',
      )
      expect([503, 'refused']).toContain(late)
      pull.resume()
      const { bytes } = await pull.answer(20_000)
      expect(bytes.length).toBe(blob.bytes.length)
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(blob.digest.slice('sha256:'.length))
      expect(await ended).toBe(0)
    })
  })

  test('lets a running upload come to its end', async () => {
    await withDataFolder(async (folder) => {
      const server = await folder.start()
      const blob = randomContent('shutdown/ends', 2_000_000)
      const location = await uploads.startUpload({ registry: server, name: NAME })
      const slow = await startSlowChunk(server, { location, blob, method: 'PUT' })
      const ended = server.running.stop('SIGTERM')
      await untilTrue('the server is stopping', () => server.running.output().includes('"stopping"'))
      expect((await slow.finish()).status).toBe(201)
      expect(await ended).toBe(0)
      await checkBlob({ registry: await folder.start(), name: NAME }, blob)
    })
  })

  test.each([1, 2])(
    'cuts an upload off that takes too long; it goes on after a restart (%d workers)',
    async (workers) => {
      await withDataFolder(async (folder) => {
        const args = ['--workers', String(workers)]
        const server = await folder.start({ args, env: { BERTH_SHUTDOWN__DRAIN: '1s' } })
        const blob = randomContent('shutdown/cut', 3_000_000)
        const location = await uploads.startUpload({ registry: server, name: NAME })
        const slow = await startSlowChunk(server, { location, blob, method: 'PATCH' })
        const started = performance.now()
        expect(await server.running.stop('SIGTERM')).toBe(0)
        expect(performance.now() - started).toBeLessThan(8000)
        slow.abort()
        const again = await folder.start({ args })
        const offset = await receivedBytes(again, location)
        expect(offset).toBeGreaterThan(1)
        const rest = { start: offset, bytes: blob.bytes.slice(offset) }
        check(await uploads.sendChunk(again, location, rest), uploads.accepted(NAME, 2_999_999))
        check(await uploads.finish(again, location, blob.digest), uploads.created(NAME, blob.digest))
        await checkBlob({ registry: again, name: NAME }, blob)
      })
    },
  )

  test.each([[[]], [['--workers', '2']]])(
    'is told by /readyz for as long as shutdown.delay says, while requests are still taken: %j',
    async (args) => {
      await withDataFolder(async (folder) => {
        const server = await folder.start({ env: { BERTH_SHUTDOWN__DELAY: '4s' }, args })
        check(await server.send('GET', '/readyz'), { status: 200 })
        const ended = server.running.stop('SIGTERM')
        await untilTrue('/readyz says no', async () => (await server.send('GET', '/readyz')).status === 503)
        check(await server.send('GET', '/healthz'), { status: 200 })
        // A balancer then opens no request on a connection that is about to be cut.
        check(await server.send('GET', '/v2/'), { status: 200, headers: { connection: 'close' } })
        expect(await ended).toBe(0)
      })
    },
  )

  test('right after it said that it listens ends it well too', async () => {
    await withDataFolder(async (folder) => {
      const codes: number[] = []
      for (let round = 0; round < 5; round++) codes.push(await (await folder.start()).running.stop('SIGTERM'))
      expect(codes).toEqual([0, 0, 0, 0, 0])
    })
  })

  test('twice ends it at once', async () => {
    await withDataFolder(async (folder) => {
      const server = await folder.start()
      const blob = randomContent('shutdown/twice', 2_000_000)
      const location = await uploads.startUpload({ registry: server, name: NAME })
      const slow = await startSlowChunk(server, { location, blob, method: 'PATCH' })
      const ended = server.running.stop('SIGTERM')
      await untilTrue('the server is stopping', () => server.running.output().includes('"stopping"'))
      expect(await server.running.stop('SIGTERM')).toBe(1)
      await ended
      slow.abort()
    })
  })
})

test('a second server on the same data is refused, and the first goes on', async () => {
  await withDataFolder(async (folder) => {
    const server = await folder.start()
    await expect(folder.start()).rejects.toThrow('another berth server is using this data folder')
    check(await server.send('GET', '/v2/'), { status: 200 })
    await uploads.pushBlob({ registry: server, name: NAME }, randomContent('second', 100))
    await server.running.stop('SIGKILL')
    check(await (await folder.start()).send('GET', '/v2/'), { status: 200 })
  })
})
