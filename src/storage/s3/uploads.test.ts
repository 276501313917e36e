import { beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { countRequests, describeWithGateway, gateway, storageAddress } from '../../../test/support/rgw.ts'
import type { BlobStore } from '../blob-store.ts'
import { parseS3Address } from './address.ts'
import { Bucket } from './bucket.ts'
import { createClient } from './client.ts'
import { createMultipart, uploadPart } from './multipart.ts'
import { Names } from './names.ts'
import { openS3Store } from './store.ts'

setDefaultTimeout(60_000)

const MIB = 1024 * 1024
const ID = '0123456789abcdef0123456789abcdef'

function bytesOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4)).map((_, index) => index * 2_654_435_761)
  return new Uint8Array(words.buffer, 0, sizeBytes)
}

async function* pieces(bytes: Uint8Array, pieceBytes = 100_003): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

describeWithGateway('uploads to S3', () => {
  const counted = countRequests()
  let address: string
  let store: BlobStore

  beforeAll(() => gateway(), 120_000)
  beforeEach(async () => {
    address = await storageAddress()
    store = await openS3Store(address, counted)
    counted.take()
  })

  /** The same bucket as another process sees it. */
  const elsewhere = () => openS3Store(address, counted)

  async function begin(...chunks: readonly Uint8Array[]): Promise<void> {
    await store.uploads.start(ID)
    let offset = 0
    for (const chunk of chunks) offset = await store.uploads.append(ID, offset, pieces(chunk))
  }

  async function finish(last: Uint8Array | undefined, at: BlobStore = store): Promise<Uint8Array> {
    const { uploads } = at
    const offset = (await uploads.size(ID)) ?? 0
    if (last !== undefined) await uploads.append(ID, offset, pieces(last), { last: true })
    const key = uploads.keyFor(ID, 'wanted')
    await uploads.commit(ID, key)
    const opened = await at.open(key)
    return new Uint8Array(await (opened?.content.arrayBuffer() ?? new ArrayBuffer(0)))
  }

  function expectSame(actual: Uint8Array, expected: Uint8Array): void {
    expect(actual.byteLength).toBe(expected.byteLength)
    expect(Buffer.compare(actual, expected)).toBe(0)
  }

  describe('requests', () => {
    it('a small blob in one request takes one', async () => {
      await begin()
      expect((await finish(bytesOf(100_000))).byteLength).toBe(100_000)
      expect(counted.take()).toEqual({ PutObject: 1, GetObject: 1 })
    })

    it('a small blob in two requests, as docker sends it, takes one', async () => {
      await begin(bytesOf(6 * MIB))
      await finish(undefined)
      expect(counted.take()).toEqual({ PutObject: 1, GetObject: 1 })
    })

    it('what is read and given up before it was stored takes none; what is swept unknown takes two lists', async () => {
      await begin()
      await store.uploads.append(ID, 0, pieces(bytesOf(5000)), { last: true })
      expect((await (await store.uploads.read(ID)).arrayBuffer()).byteLength).toBe(5000)
      await store.uploads.abort(ID)
      await store.uploads.sweep('another')
      expect(counted.take()).toEqual({ ListMultipartUploads: 1, ListObjectsV2: 1 })
    })

    it.each(['in one request', 'in two requests, as docker sends it'])(
      '40 MiB %s take a beginning, a part for each 8 MiB and an end',
      async (how) => {
        const bytes = bytesOf(40 * MIB)
        if (how === 'in one request') await begin()
        else await begin(bytes)
        expectSame(await finish(how === 'in one request' ? bytes : undefined), bytes)
        expect(counted.take()).toEqual({
          ...{ CreateMultipartUpload: 1, UploadPart: 5, CompleteMultipartUpload: 1, GetObject: 1 },
        })
      },
    )

    it('no chunk ends with a part that is too small to be followed, nor leaves a tail that was long enough', async () => {
      await begin(bytesOf(20 * MIB))
      await finish(bytesOf(5 * MIB))
      expect(counted.take()).toEqual({
        ...{ CreateMultipartUpload: 1, UploadPart: 3, CompleteMultipartUpload: 1, GetObject: 1 },
      })
    })

    it('the sweep of an upload that ended here takes none', async () => {
      await begin(bytesOf(20 * MIB))
      await finish(undefined)
      counted.take()
      await store.uploads.sweep(ID)
      expect(counted.take()).toEqual({})
    })
  })

  describe('chunks of odd sizes', () => {
    const total = bytesOf(31 * MIB + 12_345)
    const cuts = {
      'large, small, large': [20 * MIB, 20 * MIB + 1000, 31 * MIB],
      'small ones that grow into parts': [1000, 3 * MIB, 6 * MIB, 7 * MIB, 14 * MIB],
      'many short ones behind parts': [14 * MIB, 15 * MIB, 16 * MIB + 1, 17 * MIB, 20 * MIB, 21 * MIB],
    }

    it.each(Object.entries(cuts))('%s: the object is what was sent', async (_, ends) => {
      await begin(...ends.map((end, index) => total.subarray(ends[index - 1] ?? 0, end)))
      expectSame(await finish(total.subarray(ends.at(-1))), total)
    })

    it.each(Object.entries(cuts))('%s: each may be sent to another process', async (_, ends) => {
      let offset = 0
      for (const end of [...ends, total.byteLength]) {
        const { uploads } = await elsewhere()
        uploads.forget(ID)
        expect(await uploads.size(ID)).toBe(offset)
        offset = await uploads.append(ID, offset, pieces(total.subarray(offset, end)))
        expect(offset).toBe(end)
      }
      const last = await elsewhere()
      expectSame(await finish(undefined, last), total)
      await last.uploads.sweep(ID)
      expect(await Array.fromAsync(last.uploads.list())).toEqual([])
      expect((await last.stat(last.uploads.keyFor(ID, '')))?.sizeBytes).toBe(total.byteLength)
    })

    it('nothing but the object is left after a sweep', async () => {
      await begin(total.subarray(0, 14 * MIB), total.subarray(14 * MIB, 15 * MIB))
      await finish(total.subarray(15 * MIB))
      await store.uploads.sweep(ID)
      expect(await Array.fromAsync(store.uploads.list())).toEqual([])
      expect((await Array.fromAsync(store.list())).map(({ sizeBytes }) => sizeBytes)).toEqual([total.byteLength])
    })
  })

  describe('reading before the end', () => {
    it('an upload of many parts is read, and goes on afterwards', async () => {
      const bytes = bytesOf(30 * MIB)
      await begin(bytes.subarray(0, 20 * MIB))
      const content = await store.uploads.read(ID)
      expectSame(new Uint8Array(await content.arrayBuffer()), bytes.subarray(0, 20 * MIB))
      expect(await store.uploads.append(ID, 20 * MIB, pieces(bytes.subarray(20 * MIB, 22 * MIB)))).toBe(22 * MIB)
      expect(await (await elsewhere()).uploads.size(ID)).toBe(22 * MIB)
      expectSame(await finish(bytes.subarray(22 * MIB)), bytes)
    })

    it('what was read is committed without a request', async () => {
      await begin(bytesOf(20 * MIB))
      await (await store.uploads.read(ID)).stream().cancel()
      counted.take()
      await store.uploads.commit(ID, store.uploads.keyFor(ID, ''))
      expect(counted.take()).toEqual({})
    })
  })

  describe('cutting back', () => {
    const bytes = bytesOf(36 * MIB)
    const other = bytesOf(36 * MIB).reverse()

    it.each([
      ['to nothing', [], 0, 20 * MIB],
      ['to a tail behind parts', [16 * MIB, 18 * MIB], 18 * MIB, 19 * MIB],
      ['into a tail', [16 * MIB, 18 * MIB], 17 * MIB, 18 * MIB],
      ['to the end of parts', [16 * MIB], 16 * MIB, 17 * MIB],
      ['to parts, behind which there were more', [16 * MIB], 16 * MIB, 34 * MIB],
      ['into a part', [16 * MIB], 11 * MIB, 16 * MIB],
      ['into the first part', [], 2 * MIB, 16 * MIB],
      ['to a small object that had grown', [3 * MIB], 3 * MIB, 4 * MIB],
      ['to a small object behind which parts had come', [3 * MIB], 3 * MIB, 30 * MIB],
      ['to an object that was copied into a part', [7 * MIB], 7 * MIB, 30 * MIB],
    ] as const)('%s', async (_, kept, to, from) => {
      const ends = [...kept]
      await begin(...ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)))
      const start = ends.at(-1) ?? 0
      // Up to the cut the refused chunk is right, so that a wrong cut shows.
      const refused = Buffer.concat([
        bytes.subarray(start, Math.max(start, to)),
        other.subarray(Math.max(start, to), from),
      ])
      await store.uploads.append(ID, start, pieces(refused))
      await store.uploads.truncate(ID, to)
      expect(await store.uploads.size(ID)).toBe(to)
      const another = await elsewhere()
      another.uploads.forget(ID)
      expect(await another.uploads.size(ID)).toBe(to)
      expectSame(await finish(bytes.subarray(to)), bytes)
    })
  })

  describe('after a crash', () => {
    async function rawBucket() {
      const parsed = parseS3Address(address)
      const bucket = new Bucket(createClient(parsed), parsed)
      return { bucket, key: new Names(parsed.prefix).final(ID) }
    }

    it('a part behind a gap is no part of the upload', async () => {
      const bytes = bytesOf(30 * MIB)
      const { bucket, key } = await rawBucket()
      const multipart = await createMultipart(bucket, key)
      await uploadPart(bucket, multipart, 1, bytes.subarray(0, 8 * MIB))
      await uploadPart(bucket, multipart, 3, bytes.subarray(16 * MIB, 24 * MIB))
      expect(await store.uploads.size(ID)).toBe(8 * MIB)
      await store.uploads.append(ID, 8 * MIB, pieces(bytes.subarray(8 * MIB, 13 * MIB)))
      expect(await (await elsewhere()).uploads.size(ID)).toBe(13 * MIB)
      expectSame(await finish(bytes.subarray(13 * MIB)), bytes)
    })

    it('a multipart upload with nothing in it is as if there were none', async () => {
      const { bucket, key } = await rawBucket()
      await createMultipart(bucket, key)
      expect(await store.uploads.size(ID)).toBeUndefined()
      expect((await Array.fromAsync(store.uploads.list())).map(({ id }) => id)).toEqual([ID])
      await store.uploads.sweep(ID)
      expect(await Array.fromAsync(store.uploads.list())).toEqual([])
    })

    it('parts of a put that died are found and removed', async () => {
      const { bucket, key } = await rawBucket()
      await createMultipart(bucket, key.replace(/o\/.*/, 'backup/large'))
      const [stray] = await Array.fromAsync(store.uploads.list())
      expect(stray?.id).toBe('backup/large')
      await store.uploads.sweep(stray?.id ?? '')
      expect(await Array.fromAsync(store.uploads.list())).toEqual([])
    })

    it('an upload of many parts is listed with its size, and aborted whole', async () => {
      await begin(bytesOf(16 * MIB), bytesOf(1000))
      const listed = await Array.fromAsync(store.uploads.list())
      expect(listed.map(({ id, sizeBytes }) => ({ id, sizeBytes }))).toEqual([{ id: ID, sizeBytes: 16 * MIB + 1000 }])
      const another = await elsewhere()
      await another.uploads.abort(ID)
      expect(await another.uploads.size(ID)).toBeUndefined()
      expect(await Array.fromAsync(another.uploads.list())).toEqual([])
      expect(await Array.fromAsync(another.list())).toEqual([])
    })
  })

  it('a put of 30 MiB goes up in parts, and of one that breaks off no part is left', async () => {
    const bytes = bytesOf(30 * MIB)
    expect(await store.put('backup/large', new Blob([bytes]))).toBe(bytes.byteLength)
    expect(counted.take()).toEqual({ CreateMultipartUpload: 1, UploadPart: 4, CompleteMultipartUpload: 1 })
    async function* broken() {
      yield* pieces(bytes)
      throw new Error('the source broke')
    }
    const stream = () => new Response(broken()).body ?? new ReadableStream()
    await expect(store.put('backup/broken', { stream, arrayBuffer: async () => new ArrayBuffer(0) })).rejects.toThrow()
    expect(await Array.fromAsync(store.uploads.list())).toEqual([])
    expect((await Array.fromAsync(store.list())).map(({ key }) => key)).toEqual(['backup/large'])
  })
})
