import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { randomBytes, randomInt } from 'node:crypto'
import {
  type Azurite,
  AZURITE_ACCOUNT,
  AZURITE_KEY,
  type CuttableProxy,
  hasAzurite,
  startAzurite,
} from '../../../test/support/azurite.ts'
import { describeBlobStore } from '../../../test/contract/blob-store.ts'
import { untilTrue } from '../../../test/e2e/support/until.ts'
import type { BlobStore } from '../blob-store.ts'
import { AzureContainer } from './container.ts'
import { openAzureStore } from './store.ts'

const KIB = 1024
const MIB = 1024 * KIB
const environment = { AZURE_STORAGE_KEY: AZURITE_KEY }
const ID = '0123456789abcdef0123456789abcdef'
const KEY = `o/01/${ID}`
const BLOB = `some/prefix/blobs/${KEY}`

async function* pieces(bytes: Buffer, pieceBytes = 128 * KIB): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

describe.skipIf(!hasAzurite)('a container in Azurite (npm install azurite@3.35.0 --prefix $BERTH_TEST_AZURITE)', () => {
  let azurite: Azurite

  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite?.close())

  describeBlobStore('a container', async () => {
    const { address, remove } = await azurite.makeContainer()
    const open = () => openAzureStore(address, { environment })
    return { store: await open(), reopen: open, close: remove }
  })

  describe('through a connection', () => {
    let proxy: CuttableProxy
    let container: Awaited<ReturnType<Azurite['makeContainer']>>
    let store: BlobStore
    /** The same container seen by another process, whose connection is whole. */
    let other: BlobStore
    const addressOf = (endpoint: string) =>
      `azure://${container.name}/some/prefix?account=${AZURITE_ACCOUNT}&endpoint=${encodeURIComponent(endpoint)}`

    beforeEach(async () => {
      proxy = await azurite.openProxy()
      container = await azurite.makeContainer()
      store = await openAzureStore(addressOf(proxy.endpoint), { environment, retryMs: 3000 })
      other = await openAzureStore(container.address, { environment })
    })
    afterEach(async () => {
      await proxy.close()
      await container.remove()
    })

    const read = async (from: BlobStore, range?: { start: number; end: number }) => {
      const opened = await from.open(KEY, range)
      return Buffer.from((await opened?.content.arrayBuffer()) ?? new ArrayBuffer(0))
    }
    const readUpload = async (from: BlobStore) => Buffer.from(await (await from.uploads.read(ID)).arrayBuffer())
    const committedBlocks = async () =>
      (await azurite.service.getContainerClient(container.name).getBlockBlobClient(BLOB).getBlockList('committed'))
        .committedBlocks ?? []

    it('a blob of one chunk takes one request, and one in memory that is given up none', async () => {
      const bytes = randomBytes(5 * MIB)
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes), { last: true })
      expect(proxy.requests).toBe(0)
      await store.uploads.commit(ID, KEY)
      await store.uploads.sweep(ID)
      expect(proxy.requests).toBe(1)
      expect((await read(other)).equals(bytes)).toBe(true)

      const before = proxy.requests
      const small = ID.replace('0', 'f')
      await store.uploads.start(small)
      await store.uploads.append(small, 0, pieces(bytes.subarray(0, 1000)), { last: true })
      await (await store.uploads.read(small)).arrayBuffer()
      await store.uploads.abort(small)
      expect(proxy.requests - before).toBe(0)
    })

    it('a small upload of two requests is read from memory, and takes three when it is given up', async () => {
      const bytes = randomBytes(2000)
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes.subarray(0, 1500)))
      await store.uploads.append(ID, 1500, pieces(bytes.subarray(1500)), { last: true })
      expect((await readUpload(store)).equals(bytes)).toBe(true)
      await store.uploads.abort(ID)
      expect(proxy.requests).toBe(3)
      expect(await other.uploads.size(ID)).toBeUndefined()
    })

    it('an upload that another process only started is there, and goes on', async () => {
      await store.uploads.start(ID)
      expect(await other.uploads.size(ID)).toBeUndefined()
      other.uploads.forget(ID)
      expect(await other.uploads.size(ID)).toBe(0)
      await other.uploads.append(ID, 0, pieces(Buffer.from('hello')))
      await other.uploads.commit(ID, KEY)
      store.uploads.forget(ID)
      expect(await store.uploads.size(ID)).toBeUndefined()
    })

    it('a pull takes one request, also of a part', async () => {
      await other.put(KEY, new Blob([randomBytes(MIB)]))
      await read(store)
      await read(store, { start: 5, end: 10 })
      expect(proxy.requests).toBe(2)
    })

    it('20 MiB in one chunk go out once, in three blocks, to where they stay', async () => {
      const bytes = randomBytes(20 * MIB)
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes))
      await store.uploads.commit(ID, KEY)
      expect(proxy.requests).toBe(4)
      expect((await committedBlocks()).map(({ size }) => size)).toEqual([8 * MIB, 8 * MIB, 4 * MIB])
      expect((await read(other)).equals(bytes)).toBe(true)
    })

    it('many short chunks, by two processes in turn, become few blocks', async () => {
      const bytes = randomBytes(9 * MIB + 12_345)
      await store.uploads.start(ID)
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const [writer, reader] = turn < 150 ? [store, other] : [other, store]
        if (turn === 150) writer.uploads.forget(ID)
        at = await writer.uploads.append(ID, at, pieces(bytes.subarray(at, at + 32 * KIB)))
        if (turn % 50 !== 49) continue
        reader.uploads.forget(ID)
        expect(await reader.uploads.size(ID)).toBe(at)
      }
      await other.uploads.commit(ID, KEY)
      expect((await read(store)).equals(bytes)).toBe(true)
      expect((await committedBlocks()).length).toBeLessThan(150)
    })

    it('what was acknowledged is whole after the connection is cut amid a chunk, wherever that is', async () => {
      const bytes = randomBytes(40 * MIB)
      const cutAt = randomInt(100 * KIB, 19 * MIB)
      const first = 10 * MIB + 77
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes.subarray(0, first)))
      proxy.cutAfter(cutAt)
      const broken = store.uploads.append(ID, first, pieces(bytes.subarray(first, 35 * MIB)))
      await expect(broken, `cut after ${cutAt} bytes`).rejects.toThrow(
        /Azure container "test-\d+": staging a block failed: no answer/,
      )

      const size = (await other.uploads.size(ID)) ?? -1
      expect(size, `cut after ${cutAt} bytes`).toBeGreaterThanOrEqual(first)
      expect(await store.uploads.size(ID)).toBeLessThanOrEqual(size)
      expect((await readUpload(other)).equals(bytes.subarray(0, size)), `cut after ${cutAt} bytes`).toBe(true)
      await other.uploads.append(ID, size, pieces(bytes.subarray(size)))
      proxy.mend()
      store.uploads.forget(ID)
      expect(await store.uploads.size(ID)).toBe(bytes.length)
      await store.uploads.commit(ID, KEY)
      expect((await read(other)).equals(bytes), `cut after ${cutAt} bytes`).toBe(true)
    })

    it('the same process goes on where it was cut', async () => {
      const bytes = randomBytes(20 * MIB)
      await store.uploads.start(ID)
      proxy.cutAfter(9 * MIB)
      await expect(store.uploads.append(ID, 0, pieces(bytes))).rejects.toThrow('no answer')
      proxy.mend()
      const size = (await store.uploads.size(ID)) ?? -1
      expect(size).toBe(8 * MIB)
      await store.uploads.append(ID, size, pieces(bytes.subarray(size)), { last: true })
      await store.uploads.commit(ID, KEY)
      expect((await read(other)).equals(bytes)).toBe(true)
    })

    it('a short interruption is not noticed, also of a commit whose answer is lost', async () => {
      const bytes = randomBytes(10 * MIB)
      await store.uploads.start(ID)
      proxy.cutOnceAfter(10)
      await store.uploads.append(ID, 0, pieces(bytes))
      proxy.cutOnceAfter(10)
      await store.uploads.commit(ID, KEY)
      expect((await read(other)).equals(bytes)).toBe(true)
    })

    it('a block of an earlier writer that arrives late changes nothing', async () => {
      const bytes = randomBytes(9 * MIB)
      await other.uploads.start(ID)
      await other.uploads.append(ID, 0, pieces(randomBytes(2 * MIB)))
      await other.uploads.truncate(ID, 0)
      store.uploads.forget(ID)
      await store.uploads.append(ID, 0, pieces(bytes))
      const late = Buffer.from(`${'0'.padStart(15, '0')}-1500000000000-abcdef-000009`).toString('base64')
      const blob = azurite.service.getContainerClient(container.name).getBlockBlobClient(BLOB)
      await blob.stageBlock(late, Buffer.alloc(MIB), MIB)
      other.uploads.forget(ID)
      expect(await other.uploads.size(ID)).toBe(bytes.length)
      await other.uploads.commit(ID, KEY)
      expect((await read(store)).equals(bytes)).toBe(true)
    })

    it.each([0, 1, 3 * MIB, 8 * MIB, 9 * MIB + 1])(
      'a chunk that was refused is gone for everybody: cut to %d',
      async (size) => {
        const bytes = randomBytes(18 * MIB)
        await store.uploads.start(ID)
        await store.uploads.append(ID, 0, pieces(randomBytes(size)))
        await store.uploads.append(ID, size, pieces(randomBytes(17 * MIB - size)))
        await store.uploads.truncate(ID, size)
        expect(await other.uploads.size(ID)).toBe(size)
        const kept = await readUpload(other)
        await other.uploads.append(ID, size, pieces(bytes.subarray(size)), { last: true })
        await other.uploads.commit(ID, KEY)
        expect((await read(store)).equals(Buffer.concat([kept, bytes.subarray(size)]))).toBe(true)
      },
    )

    it('an upload that was read can go on, is no object before its commit, and leaves nothing when given up', async () => {
      const bytes = randomBytes(9 * MIB)
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes.subarray(0, MIB)))
      store.uploads.forget(ID)
      expect((await readUpload(store)).equals(bytes.subarray(0, MIB))).toBe(true)
      await store.uploads.append(ID, MIB, pieces(bytes.subarray(MIB)))
      expect((await readUpload(store)).equals(bytes)).toBe(true)
      expect(await other.stat(KEY)).toBeUndefined()
      expect(await Array.fromAsync(other.list())).toEqual([])
      expect((await Array.fromAsync(other.uploads.list())).map(({ id, sizeBytes }) => [id, sizeBytes])).toEqual([
        [ID, bytes.length],
      ])
      await other.uploads.sweep(ID)
      const listed = azurite.service.getContainerClient(container.name).listBlobsFlat({ includeUncommitedBlobs: true })
      expect(await Array.fromAsync(listed)).toEqual([])
    })

    it.each([5, 9 * MIB])('a sweep by another process leaves an object of %d bytes', async (size) => {
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(randomBytes(size)))
      await store.uploads.commit(ID, KEY)
      await other.uploads.sweep(ID)
      expect(await other.stat(KEY)).toEqual({ sizeBytes: size })
    })

    it('a sweep leaves an object that is committed beside it', async () => {
      for (let round = 0; round < 20; round++) {
        const id = ID.replace('01', round.toString(16).padStart(2, '0'))
        await store.uploads.start(id)
        await store.uploads.append(id, 0, pieces(Buffer.from('hello')), { last: true })
        const key = store.uploads.keyFor(id, '')
        const [committed] = await Promise.allSettled([store.uploads.commit(id, key), other.uploads.sweep(id)])
        const found = await other.stat(key)
        if (committed.status === 'fulfilled') expect(found).toEqual({ sizeBytes: 5 })
      }
    })

    it('a body that is cut short is an error', async () => {
      await other.put(KEY, new Blob([randomBytes(12 * MIB)]))
      proxy.cutOnceAfter(5 * MIB)
      await expect(read(store)).rejects.toThrow()
      expect((await read(store)).length).toBe(12 * MIB)
    })

    it('is read no faster than somebody reads, and not on after they left', async () => {
      await other.put(KEY, new Blob([randomBytes(96 * MIB)]))
      const opened = await store.open(KEY)
      const reader = opened?.content.stream().getReader()
      await reader?.read()
      await Bun.sleep(500)
      expect(proxy.bytesFromServer).toBeLessThan(48 * MIB)
      await reader?.cancel()
      await untilTrue('the connection is closed', () => proxy.openConnections === 0)
    })

    it('is listed page by page', async () => {
      for (let index = 0; index < 5; index++) await other.put(`recovery/${index}`, new Blob(['x']))
      const client = azurite.service.getContainerClient(container.name)
      const listed = new AzureContainer(client, { retryMs: 1000, onRequest: () => undefined }).list('some/prefix/', {
        withUploads: true,
        pageSize: 2,
      })
      expect((await Array.fromAsync(listed)).map(({ name }) => name.at(-1))).toEqual(['0', '1', '2', '3', '4'])
    })

    it('a direct URL reads the object, for two minutes at most, and writes nothing', async () => {
      await other.put(KEY, new Blob(['hello']))
      const url = await store.directUrl(KEY, 3_600_000)
      expect(url?.searchParams.get('sp')).toBe('r')
      expect(new Date(url?.searchParams.get('se') ?? '').getTime()).toBeLessThanOrEqual(Date.now() + 120_000)
      const whole = await fetch(url ?? '')
      expect([await whole.text(), whole.headers.get('content-disposition')]).toEqual(['hello', 'attachment'])
      const part = await fetch(url ?? '', { headers: { range: 'bytes=1-2' } })
      expect([part.status, await part.text()]).toEqual([206, 'el'])
      const write = { method: 'PUT', body: 'x', headers: { 'x-ms-blob-type': 'BlockBlob' } }
      expect((await fetch(url ?? '', write)).status).toBe(403)
      const elsewhere = new URL(url ?? '')
      elsewhere.pathname = elsewhere.pathname.replace(/.$/, 'e')
      expect((await fetch(elsewhere)).status).toBe(403)
    })

    it('errors say where, what, why and which request, and no secret', async () => {
      const key = Buffer.from('wrong key').toString('base64')
      const stranger = await openAzureStore(container.address, { environment: { AZURE_STORAGE_KEY: key } })
      const error: unknown = await stranger.stat(KEY).catch((thrown: unknown) => thrown)
      expect(String(error)).toMatch(
        /Azure container "test-\d+": reading properties failed: 403 .*\(request [0-9a-f-]{36}\)/,
      )
      expect(Bun.inspect(error)).not.toContain(key)
      expect(Bun.inspect(error)).not.toMatch(/SharedKey|sig=/)
      const nowhere = await openAzureStore(container.address.replace(container.name, 'absent'), { environment })
      await expect(nowhere.probe()).rejects.toThrow('create the container')
      await expect(nowhere.stat(KEY)).rejects.toThrow('404')
      await expect(nowhere.put(KEY, new Blob(['x']))).rejects.toThrow('ContainerNotFound')
    })

    it('takes its key from a file or a connection string', async () => {
      await other.put(KEY, new Blob(['hello']))
      const file = `${import.meta.dir}/store.test.ts`
      await expect(openAzureStore(`${container.address}&accountKeyFile=/nowhere/key`, {})).rejects.toThrow(
        '/nowhere/key',
      )
      const fromFile = await openAzureStore(`${container.address}&accountKeyFile=${file}`, {})
      await expect(fromFile.stat(KEY)).rejects.toThrow('403')
      const text = `DefaultEndpointsProtocol=http;AccountName=${AZURITE_ACCOUNT};AccountKey=${AZURITE_KEY};BlobEndpoint=${azurite.endpoint};`
      const connected = await openAzureStore(`azure://${container.name}/some/prefix`, {
        environment: { AZURE_STORAGE_CONNECTION_STRING: text },
      })
      expect(await connected.stat(KEY)).toEqual({ sizeBytes: 5 })
      await expect(openAzureStore(`azure://${container.name}`, {})).rejects.toThrow('no Azure account is named')
      const wrong = openAzureStore(`azure://${container.name}`, {
        environment: { AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=secret' },
      })
      await expect(wrong).rejects.toThrow(/^storage: AZURE_STORAGE_CONNECTION_STRING is not understood$/)
    })
  })
})
