import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, headerOf } from '../conformance/support/check.ts'
import type { Answer } from '../conformance/support/client.ts'
import type { Content } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { WITHOUT_RECOVERY_LOG } from '../faults/support/server.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { describeWithGateway, gateway, storageAddress } from '../support/rgw.ts'
import { type DataFolder, type Started, withDataFolder } from './support/data-folder.ts'
import { image, pushImage } from './support/images.ts'
import { largeContent } from './support/large.ts'

setDefaultTimeout(120_000)

const MIB = 1024 * 1024
const NAME = 'e2e/s3'
const LAYER = largeContent(40 * MIB)

describeWithGateway('a registry on S3', () => {
  let proxy: FaultProxy
  let storage: string

  beforeAll(async () => {
    proxy = await startFaultProxy((await gateway()).endpoint)
  }, 120_000)
  afterAll(() => proxy.close())
  beforeEach(async () => {
    proxy.mend()
    proxy.clear()
    storage = await storageAddress({ through: proxy.url })
  })

  const environment = (more: Readonly<Record<string, string>> = {}) => ({
    ...{ BERTH_STORAGE: storage, ...WITHOUT_RECOVERY_LOG, ...more },
  })

  async function withServer(
    work: (server: Started, folder: DataFolder) => Promise<void>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await withDataFolder(async (folder) => {
      const server = await folder.start({ env: environment(more) })
      proxy.clear()
      await work(server, folder)
    })
  }

  /** What was asked of S3 since, by kind. */
  function asked(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const line of proxy.requests) {
      const kind = line
        .replace(/ .*\?uploads(=|&|$).*/, ' create')
        .replace(/ .*partNumber=.*/, ' part')
        .replace(/^(POST) .*uploadId=.*/, '$1 complete')
        .replace(/ \/.*/, ' object')
      counts[kind] = (counts[kind] ?? 0) + 1
    }
    proxy.clear()
    return counts
  }

  const target = (server: Started) => ({ registry: server, name: NAME })
  const pull = (server: Started, { digest }: Content, headers = {}) =>
    server.send('GET', uploads.blobPath(NAME, digest), { headers })

  function expectBytes(answer: Answer, expected: Uint8Array): void {
    expect(answer.bytes.byteLength).toBe(expected.byteLength)
    expect(Buffer.compare(answer.bytes, expected)).toBe(0)
  }

  /** Chunks that end there; the last one comes with the digest. */
  async function pushInChunks(server: () => Promise<Started>, ends: readonly number[]): Promise<void> {
    let location = await uploads.startUpload(target(await server()))
    let start = 0
    for (const end of ends) {
      const sent = await uploads.sendChunk(await server(), location, { start, bytes: LAYER.bytes.subarray(start, end) })
      check(sent, uploads.accepted(NAME, end - 1))
      location = headerOf(sent, 'Location')
      start = end
    }
    const last = { start, bytes: LAYER.bytes.subarray(start) }
    check(await uploads.finish(await server(), location, LAYER.digest, last), uploads.created(NAME, LAYER.digest))
  }

  describe('requests to S3', () => {
    const ONE_PASS = { 'POST create': 1, 'PUT part': 5, 'POST complete': 1 }

    test('a layer of 40 MiB in one request: a beginning, five parts, an end', () =>
      withServer(async (server) => {
        await uploads.pushBlob(target(server), LAYER)
        expect(asked()).toEqual(ONE_PASS)
      }))

    test('a layer of 40 MiB as docker sends it: the same', () =>
      withServer(async (server) => {
        check(await uploads.streamed(target(server), LAYER), uploads.created(NAME, LAYER.digest))
        expect(asked()).toEqual(ONE_PASS)
      }))

    test('a layer of 1 MiB: one, however it is sent', () =>
      withServer(async (server) => {
        const [one, other] = [largeContent(MIB), largeContent(MIB + 1)]
        await uploads.pushBlob(target(server), one)
        expect(asked()).toEqual({ 'PUT object': 1 })
        check(await uploads.streamed(target(server), other), uploads.created(NAME, other.digest))
        expect(asked()).toEqual({ 'PUT object': 1 })
      }))

    test('a pull: one, whole or in part; and /metrics counts them', () =>
      withServer(async (server) => {
        await uploads.pushBlob(target(server), LAYER)
        asked()
        expectBytes(check(await pull(server, LAYER), { status: 200 }), LAYER.bytes)
        expect(asked()).toEqual({ 'GET object': 1 })
        const part = await pull(server, LAYER, { Range: 'bytes=9999999-20000000' })
        expectBytes(check(part, { status: 206 }), LAYER.bytes.subarray(9_999_999, 20_000_001))
        expect(asked()).toEqual({ 'GET object': 1 })
        // The third is the start's: whose objects these are.
        const { text } = await server.send('GET', '/metrics')
        expect(text).toContain('berth_storage_requests_total{operation="GetObject"} 3')
        expect(text).toContain('berth_storage_requests_total{operation="UploadPart"} 5')
      }))
  })

  describe('an upload in chunks of odd sizes', () => {
    const ENDS = [1, 7 * MIB + 3, 7 * MIB + 4, 20 * MIB, 21 * MIB - 1, 34 * MIB]

    test('is what was sent', () =>
      withServer(async (server) => {
        await pushInChunks(async () => server, ENDS)
        expectBytes(await pull(server, LAYER), LAYER.bytes)
      }))

    test('goes on after the server was killed between any two', () =>
      withServer(async (first, folder) => {
        let server = first
        const another = async () => {
          await server.running.stop('SIGKILL')
          server = await folder.start({ env: environment() })
          return server
        }
        await pushInChunks(another, ENDS)
        expectBytes(await pull(server, LAYER), LAYER.bytes)
      }))

    test('goes on in whatever process a request comes to', () =>
      withServer(
        async (server) => {
          for (let time = 0; time < 3; time++) await pushInChunks(async () => server, ENDS)
          expectBytes(await pull(server, LAYER), LAYER.bytes)
        },
        { BERTH_WORKERS: '2' },
      ))
  })

  test('a server that is killed in the middle of a chunk knows how much of it S3 has', () =>
    withServer(async (server, folder) => {
      const location = await uploads.startUpload(target(server))
      proxy.add({ method: 'PUT', path: /partNumber=3/, effect: { kind: 'delay', ms: 2000 } })
      const sending = server.send('PATCH', location, { body: new Uint8Array(LAYER.bytes) }).catch(() => undefined)
      while (!proxy.requests.some((line) => line.includes('partNumber=3'))) await Bun.sleep(10)
      await server.running.stop('SIGKILL')
      await sending
      proxy.clear()
      const again = await folder.start({ env: environment() })
      const status = check(await again.send('GET', location), { status: 204 })
      const start = Number(headerOf(status, 'Range').split('-')[1]) + 1
      expect(start).toBeGreaterThanOrEqual(8 * MIB)
      const last = { start, bytes: LAYER.bytes.subarray(start) }
      const end = await uploads.finish(again, headerOf(status, 'Location'), LAYER.digest, last)
      check(end, uploads.created(NAME, LAYER.digest))
      expectBytes(await pull(again, LAYER), LAYER.bytes)
    }))

  test('content with another digest is refused, and no byte of it stays', () =>
    withServer(async (server) => {
      const wrong = { bytes: LAYER.bytes, digest: largeContent(10).digest }
      expect((await uploads.postThenPut(target(server), wrong)).status).toBe(400)
      expect((await uploads.streamed(target(server), wrong)).status).toBe(400)
      const keys = proxy.requests.map((line) => line.replace(/\?.*/, ''))
      expect(keys.filter((line) => line.startsWith('DELETE')).length).toBeGreaterThan(0)
      expect((await pull(server, wrong)).status).toBe(404)
    }))

  test('while S3 cannot be reached pushes and pulls are told to come again, and then all is well', () =>
    withServer(async (server) => {
      await uploads.pushBlob(target(server), LAYER)
      proxy.cut()
      const other = largeContent(100_000)
      const answers = await Promise.all([pull(server, LAYER), uploads.postThenPut(target(server), other)])
      for (const answer of answers) {
        expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
        expect(answer.text).not.toContain('testsecret')
      }
      proxy.mend()
      expectBytes(check(await pull(server, LAYER), { status: 200 }), LAYER.bytes)
      await uploads.pushBlob(target(server), other)
      expect(server.running.output()).toMatch(/"code":"STORAGE_UNAVAILABLE".*bucket \\"berth-/)
      expect(server.running.output()).not.toContain('testsecret')
    }))

  describe('redirects', () => {
    const ON = { BERTH_REDIRECT__MODE: 'on' }

    test('a pull is sent to S3, whole or in part, and none of our requests goes there', () =>
      withServer(async (server) => {
        await uploads.pushBlob(target(server), LAYER)
        asked()
        const sent = check(await pull(server, LAYER), {
          status: 307,
          headers: { 'Docker-Content-Digest': LAYER.digest },
        })
        expect(asked()).toEqual({})
        const url = headerOf(sent, 'Location')
        const reply = await fetch(url)
        expect(reply.headers.get('content-disposition')).toBe('attachment')
        expect(reply.headers.get('content-type')).toBe('application/octet-stream')
        expect(Buffer.compare(await reply.bytes(), LAYER.bytes)).toBe(0)
        const part = await fetch(url, { headers: { Range: 'bytes=5-9' } })
        expect([part.status, (await part.bytes()).byteLength]).toEqual([206, 5])
        expect((await fetch(url.replace(/o\/../, 'o/zz'))).status).toBe(403)
        expect(Number(new URL(url).searchParams.get('X-Amz-Expires'))).toBe(60)
        expect(server.running.output()).not.toContain('X-Amz-Signature')
      }, ON))

    test('HEAD, small blobs and who may not pull are not', () =>
      withServer(async (server) => {
        const small = largeContent(50_000)
        for (const blob of [LAYER, small]) await uploads.pushBlob(target(server), blob)
        check(await server.send('HEAD', uploads.blobPath(NAME, LAYER.digest)), { status: 200 })
        check(await pull(server, small), { status: 200 })
        check(await server.send('GET', uploads.blobPath('e2e/other', LAYER.digest)), { status: 404 })
      }, ON))

    test('clients from elsewhere are not', () =>
      withServer(
        async (server) => {
          await uploads.pushBlob(target(server), LAYER)
          expectBytes(check(await pull(server, LAYER), { status: 200 }), LAYER.bytes)
        },
        { ...ON, BERTH_REDIRECT__NETWORKS: '10.0.0.0/8' },
      ))

    const skopeo = Bun.which('skopeo')
    test.skipIf(skopeo === null)('skopeo follows them', () =>
      withServer(async (server) => {
        const pushed = image('s3-redirect', {}, 3 * MIB)
        await pushImage(target(server), pushed, 'v1')
        asked()
        const folder = await mkdtemp(join(tmpdir(), 'berth-skopeo-'))
        const from = `docker://${server.host}/${NAME}:v1`
        const copy = Bun.spawn(['skopeo', 'copy', '--src-tls-verify=false', from, `dir:${folder}`], { stderr: 'pipe' })
        expect([await new Response(copy.stderr).text(), await copy.exited]).toEqual(['', 0])
        const layer = await Bun.file(join(folder, pushed.layer.digest.slice('sha256:'.length))).bytes()
        expect(Buffer.compare(layer, pushed.layer.bytes)).toBe(0)
        // Its own request, and none of ours.
        expect(asked()).toEqual({ 'GET object': 1 })
        await rm(folder, { recursive: true })
      }, ON),
    )
  })
})
