import { afterAll, beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { type FaultProxy, startFaultProxy } from '../../../test/support/fault-proxy.ts'
import { countRequests, describeWithGateway, gateway, storageAddress } from '../../../test/support/rgw.ts'
import type { BlobStore } from '../blob-store.ts'
import { StorageUnavailable } from '../unavailable.ts'
import { openS3Store } from './store.ts'

setDefaultTimeout(60_000)

const MIB = 1024 * 1024
const ID = 'fedcba9876543210fedcba9876543210'
const SLOW_DOWN =
  '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>'
const INTERNAL = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We failed.</Message></Error>'

function bytesOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4)).map((_, index) => index * 2_654_435_761)
  return new Uint8Array(words.buffer, 0, sizeBytes)
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

describeWithGateway('S3 that fails', () => {
  const counted = countRequests()
  const patience = { attemptMs: 2000, totalMs: 3000, idleMs: 500 }
  let proxy: FaultProxy
  let address: string
  let store: BlobStore

  beforeAll(async () => {
    proxy = await startFaultProxy((await gateway()).endpoint)
  }, 120_000)
  afterAll(() => proxy.close())
  beforeEach(async () => {
    proxy.mend()
    proxy.clear()
    address = await storageAddress({ through: proxy.url })
    store = await openS3Store(address, { ...counted, patience })
    counted.take()
  })

  async function read(key: string): Promise<Uint8Array> {
    const opened = await store.open(key)
    return new Uint8Array(await (opened?.content.arrayBuffer() ?? new ArrayBuffer(0)))
  }

  function expectSame(actual: Uint8Array, expected: Uint8Array): void {
    expect(actual.byteLength).toBe(expected.byteLength)
    expect(Buffer.compare(actual, expected)).toBe(0)
  }

  async function push(bytes: Uint8Array): Promise<string> {
    await store.uploads.start(ID)
    await store.uploads.append(ID, 0, pieces(bytes), { last: true })
    const key = store.uploads.keyFor(ID, '')
    await store.uploads.commit(ID, key)
    return key
  }

  describe('for a moment', () => {
    const large = bytesOf(20 * MIB)

    it.each([
      ['503 SlowDown', { kind: 'answer', status: 503, body: SLOW_DOWN }],
      ['500 of a proxy, in HTML', { kind: 'answer', status: 500, body: '<html>Bad gateway</html>' }],
      ['a connection that breaks', { kind: 'reset' }],
      ['a lost reply', { kind: 'lose-reply' }],
    ] as const)('%s, at every kind of request of a push and a pull', async (_, effect) => {
      for (const path of [/uploads(=|$)/, /partNumber=2/, /\?uploadId=|&uploadId=/]) {
        proxy.add({ method: 'POST', path, nth: [1], effect })
        proxy.add({ method: 'PUT', path, nth: [1], effect })
      }
      proxy.add({ method: 'GET', nth: [1], effect })
      proxy.add({ method: 'HEAD', nth: [1], effect })
      const key = await push(large)
      expectSame(await read(key), large)
      expect(await store.stat(key)).toEqual({ sizeBytes: large.byteLength })
    })

    it.each(['answer', 'replace'] as const)('the end of an upload is 200 with an error (%s)', async (kind) => {
      proxy.add({ method: 'POST', path: /uploadId=/, nth: [1], effect: { kind, status: 200, body: INTERNAL } })
      expectSame(await read(await push(large)), large)
    })

    it('the end of an upload is 200 with an error and a line feed behind it', async () => {
      const body = `${INTERNAL}\n`
      proxy.add({ method: 'POST', path: /uploadId=/, nth: [1], effect: { kind: 'answer', status: 200, body } })
      expectSame(await read(await push(large)), large)
    })

    it('the end of an upload is 200 with an error for ever: then there is no object', async () => {
      proxy.add({ method: 'POST', path: /uploadId=/, effect: { kind: 'answer', status: 200, body: INTERNAL } })
      await expect(push(large)).rejects.toThrow(/CompleteMultipartUpload in bucket "berth-.*InternalError/)
      expect(await store.stat(store.uploads.keyFor(ID, ''))).toBeUndefined()
      expect(await store.uploads.size(ID)).toBe(large.byteLength)
    })

    it('the reply to the end of an upload is lost every time: the object tells', async () => {
      proxy.add({ method: 'POST', path: /uploadId=/, effect: { kind: 'lose-reply' } })
      expectSame(await read(await push(large)), large)
    })

    it('an earlier object of the same size at the same key is not taken for the result', async () => {
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(large))
      await (await store.uploads.read(ID)).stream().cancel()
      await store.uploads.truncate(ID, 12 * MIB)
      await store.uploads.append(ID, 12 * MIB, pieces(large.slice(12 * MIB).reverse()), { last: true })
      proxy.add({ method: 'POST', path: /uploadId=/, effect: { kind: 'answer', status: 503, body: SLOW_DOWN } })
      await expect(store.uploads.commit(ID, store.uploads.keyFor(ID, ''))).rejects.toThrow(/SlowDown/)
    })

    it('an upload goes on after a failure where it really ends', async () => {
      await store.uploads.start(ID)
      proxy.add({ method: 'PUT', path: /partNumber=2/, effect: { kind: 'answer', status: 403, body: '' } })
      await expect(store.uploads.append(ID, 0, pieces(large))).rejects.toBeInstanceOf(StorageUnavailable)
      proxy.clear()
      const size = (await store.uploads.size(ID)) ?? -1
      expect(size).toBe(8 * MIB)
      await store.uploads.append(ID, size, pieces(large.subarray(size)))
      const key = store.uploads.keyFor(ID, '')
      await store.uploads.commit(ID, key)
      expectSame(await read(key), large)
    })
  })

  describe('in the middle of a body', () => {
    const bytes = bytesOf(5 * MIB)

    it.each(['truncate', 'stall'] as const)('%s: the rest is asked for, and the reader sees nothing', async (kind) => {
      await store.put('object', new Blob([bytes]))
      proxy.add({ method: 'GET', nth: [1, 2], effect: { kind, afterBytes: 1_000_003 } })
      counted.take()
      expectSame(await read('object'), bytes)
      expect(counted.take()).toEqual({ GetObject: 3 })
    })

    it('a range that breaks off goes on at the right place', async () => {
      await store.put('object', new Blob([bytes]))
      proxy.add({ method: 'GET', nth: [1], effect: { kind: 'truncate', afterBytes: 10 } })
      const opened = await store.open('object', { start: 1000, end: 1099 })
      expectSame(
        new Uint8Array(await (opened?.content.arrayBuffer() ?? new ArrayBuffer(0))),
        bytes.subarray(1000, 1100),
      )
    })

    it('a body that always breaks off is an error, never a short object', async () => {
      await store.put('object', new Blob([bytes]))
      proxy.add({ method: 'GET', effect: { kind: 'truncate', afterBytes: 0 } })
      const opened = await store.open('object')
      await expect(opened?.content.arrayBuffer()).rejects.toThrow(/broke off 5242880 bytes before its end/)
    })

    it('an object that was replaced meanwhile is an error, never a mixture', async () => {
      await store.put('object', new Blob([bytes]))
      proxy.add({ method: 'GET', nth: [1], effect: { kind: 'truncate', afterBytes: 1_000_000 } })
      const opened = await store.open('object')
      await store.put('object', new Blob([bytes.slice().reverse()]))
      await expect(opened?.content.arrayBuffer()).rejects.toBeInstanceOf(StorageUnavailable)
    })

    it('the connection of a reader that goes away is closed', async () => {
      await store.put('object', new Blob([bytes]))
      const opened = await store.open('object')
      const reader = opened?.content.stream().getReader()
      expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0)
      await reader?.cancel()
      expect((await read('object')).byteLength).toBe(bytes.byteLength)
    })
  })

  describe('for good', () => {
    it('says what, where and why, and no secret', async () => {
      const { bucket, request } = await failing(/./, 403)
      const error = await request.catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(StorageUnavailable)
      expect(String(error)).toContain(`S3 PutObject in bucket "${bucket}" failed: AccessDenied (403`)
      expect(String(error)).not.toContain('testsecret')
    })

    async function failing(path: RegExp, status: number) {
      const body = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
      proxy.add({ path, effect: { kind: 'answer', status, body } })
      return { bucket: new URL(address).host, request: store.put('object', new Blob(['x'])) }
    }

    it('a refusal is not asked for again', async () => {
      await (await failing(/./, 403)).request.catch(() => undefined)
      expect(proxy.requests.filter((line) => line.startsWith('PUT'))).toHaveLength(1)
    })

    it('a bucket that is not there is no missing object', async () => {
      const gone = await openS3Store(await storageAddress({ through: proxy.url, bucket: 'not-there' }))
      await expect(gone.stat('object')).rejects.toBeInstanceOf(StorageUnavailable)
      await expect(gone.open('object')).rejects.toThrow(/NoSuchBucket/)
    })

    it('no connection: an error in time, and all is well when it is back', async () => {
      await store.put('object', new Blob(['x']))
      proxy.cut()
      const start = performance.now()
      await expect(store.stat('object')).rejects.toBeInstanceOf(StorageUnavailable)
      expect(performance.now() - start).toBeLessThan(patience.attemptMs + patience.totalMs)
      proxy.mend()
      expect(await store.stat('object')).toEqual({ sizeBytes: 1 })
    })
  })
})
