import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import type { BlobStore } from '../../src/storage/blob-store.ts'

/** A store of its own for one test. */
export interface OpenedStore {
  readonly store: BlobStore
  /** The same content opened anew, as after a restart. */
  reopen(): Promise<BlobStore>
  /** Removes everything. */
  close(): Promise<void>
}

const KEY = `sha256/ab/${'ab'.repeat(32)}.1`
const OTHER_KEY = `sha256/ab/${'ab'.repeat(32)}.2`
const ID = '0123456789abcdef0123456789abcdef'
const OTHER_ID = 'fedcba9876543210fedcba9876543210'
/** More than one batch of whatever a store gathers before it writes. */
const LARGE_BYTES = 3 * 1024 * 1024 + 17

function bytesOf(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes)
  for (let at = 0, value = seed; at < sizeBytes; at++) {
    value = (value * 1_103_515_245 + 12_345) & 0x7fffffff
    bytes[at] = value >> 16
  }
  return bytes
}

async function* pieces(bytes: Uint8Array, pieceBytes = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

class Disconnected extends Error {}

/** A body whose sender goes away in the middle. */
async function* brokenOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* pieces(bytes)
  throw new Disconnected('the client closed the connection')
}

/** Without the times, which every test would have to guess. */
async function objectsIn(store: BlobStore): Promise<{ key: string; sizeBytes: number }[]> {
  return (await all(store.list())).map(({ key, sizeBytes }) => ({ key, sizeBytes }))
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items)
}

/** What every BlobStore does; one call for each implementation. */
export function describeBlobStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} as a BlobStore`, () => {
    let opened: OpenedStore
    let store: BlobStore

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    it('says how much room there is, or that nobody knows', async () => {
      const room = await store.room()
      if (room === undefined) return
      expect(room.freeBytes).toBeGreaterThanOrEqual(0)
      expect(room.totalBytes).toBeGreaterThan(room.freeBytes)
    })

    async function upload(id: string, bytes: Uint8Array): Promise<void> {
      await store.uploads.start(id)
      await store.uploads.append(id, 0, pieces(bytes))
    }

    /** Uploads and commits; returns the key. */
    async function push(id: string, bytes: Uint8Array, wanted = KEY): Promise<string> {
      await upload(id, bytes)
      return commit(id, wanted)
    }

    async function commit(id: string, wanted = KEY, into = store): Promise<string> {
      const key = into.uploads.keyFor(id, wanted)
      await into.uploads.commit(id, key)
      return key
    }

    async function put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      expect(await store.put(key, new Blob([bytes]))).toBe(bytes.length)
    }

    async function read(key: string, range?: { start: number; end: number }): Promise<Buffer> {
      const opened = await store.open(key, range)
      if (opened === undefined) throw new Error(`${key} is not there`)
      return Buffer.from(await opened.content.arrayBuffer())
    }

    async function readUpload(id: string): Promise<Buffer> {
      return Buffer.from(await (await store.uploads.read(id)).arrayBuffer())
    }

    describe('objects', () => {
      it.each([0, 1, 65_536, LARGE_BYTES])('a commit of %d bytes is there under its key, whole', async (size) => {
        const bytes = bytesOf(size)
        const key = await push(ID, bytes)
        expect(await store.stat(key)).toEqual({ sizeBytes: size })
        expect((await store.open(key))?.sizeBytes).toBe(size)
        expect((await read(key)).equals(bytes)).toBe(true)
      })

      it.each([0, 1, LARGE_BYTES])('put stores %d bytes under the key that it is given', async (size) => {
        const bytes = bytesOf(size)
        await put(OTHER_KEY, bytes)
        expect(await objectsIn(store)).toEqual([{ key: OTHER_KEY, sizeBytes: size }])
        expect((await read(OTHER_KEY)).equals(bytes)).toBe(true)
      })

      it.each([0, 1, LARGE_BYTES])('put copies an object of %d bytes, which stays', async (size) => {
        const bytes = bytesOf(size)
        await put(KEY, bytes)
        const opened = await store.open(KEY)
        if (opened === undefined) throw new Error('it is not there')
        expect(await store.put(OTHER_KEY, opened.content)).toBe(size)
        await store.delete(KEY)
        expect((await read(OTHER_KEY)).equals(bytes)).toBe(true)
      })

      it('a put whose content breaks off leaves nothing', async () => {
        const stream = () => new Response(brokenOff(bytesOf(2_500_000))).body ?? new ReadableStream()
        const content = { stream, arrayBuffer: () => new Response(stream()).arrayBuffer() }
        await expect(store.put(KEY, content)).rejects.toThrow()
        expect(await store.stat(KEY)).toBeUndefined()
        expect(await all(store.list())).toEqual([])
      })

      it('an unknown key has no stat and cannot be opened', async () => {
        expect(await store.stat(KEY)).toBeUndefined()
        expect(await store.open(KEY)).toBeUndefined()
        expect(await store.open(KEY, { start: 0, end: 9 })).toBeUndefined()
      })

      it.each([
        [0, 0],
        [0, 999_999],
        [1, 1],
        [65_535, 65_536],
        [500_000, 999_999],
        [999_999, 999_999],
      ])('the range %d-%d holds these bytes, both ends included', async (start, end) => {
        const bytes = bytesOf(1_000_000)
        await put(KEY, bytes)
        expect((await store.open(KEY, { start, end }))?.sizeBytes).toBe(1_000_000)
        expect((await read(KEY, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true)
      })

      it('a range is streamed like a whole', async () => {
        const bytes = bytesOf(LARGE_BYTES)
        await put(KEY, bytes)
        const opened = await store.open(KEY, { start: 10, end: LARGE_BYTES - 11 })
        const chunks = await Array.fromAsync(opened?.content.stream() ?? [])
        expect(Buffer.concat(chunks).equals(bytes.subarray(10, -10))).toBe(true)
      })

      it('a blob that was opened before it is deleted can still be opened lazily or fails, but gives no other bytes', async () => {
        const bytes = bytesOf(100_000)
        await put(KEY, bytes)
        const opened = await store.open(KEY)
        await store.delete(KEY)
        const content = await opened?.content.arrayBuffer().catch(() => undefined)
        if (content !== undefined) expect(Buffer.from(content).equals(bytes)).toBe(true)
      })

      it('delete removes, and once more does nothing', async () => {
        await put(KEY, bytesOf(10))
        await store.delete(KEY)
        await store.delete(KEY)
        expect(await store.stat(KEY)).toBeUndefined()
        expect(await all(store.list())).toEqual([])
      })

      it('delete removes that key only, also of two copies of one content', async () => {
        await put(KEY, bytesOf(10))
        await put(OTHER_KEY, bytesOf(10))
        await store.delete(KEY)
        expect(await objectsIn(store)).toEqual([{ key: OTHER_KEY, sizeBytes: 10 }])
      })

      /** Where the bytes of an upload lie before it is committed, if they are an object already. */
      const earlyKey = (id: string) => [store.uploads.keyFor(id, KEY)].find((key) => key !== KEY)

      it('list names every object with its size, and of uploads no more than what lies at its final key', async () => {
        const keys = Array.from({ length: 20 }, (_, index) => `sha256/${(index + 16).toString(16)}/object.${index}`)
        for (const [index, key] of keys.entries()) await put(key, bytesOf(index))
        await upload(OTHER_ID, bytesOf(5))
        const listed = (await objectsIn(store)).filter(({ key }) => key !== earlyKey(OTHER_ID))
        const expected = keys.map((key, sizeBytes) => ({ key, sizeBytes }))
        const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
        expect(listed.toSorted(byKey)).toEqual(expected.toSorted(byKey))
      })

      it('list of a folder names what is in it, and nothing else', async () => {
        await put(KEY, bytesOf(1))
        for (const name of ['one', 'sub/two']) await put(`recovery/${name}`, bytesOf(2))
        expect((await objectsIn(store)).length).toBe(3)
        const listed = (await all(store.list('recovery/'))).map(({ key }) => key)
        expect(listed.toSorted()).toEqual(['recovery/one', 'recovery/sub/two'])
        expect(await all(store.list('nothing/'))).toEqual([])
      })

      it('list tells when an object was put there, however old its bytes are', async () => {
        const started = Date.now()
        await upload(ID, bytesOf(10))
        await new Promise((resolve) => setTimeout(resolve, 30))
        const before = (earlyKey(ID) === undefined ? Date.now() : started) - 15
        await commit(ID)
        const [listed] = await all(store.list())
        expect(listed?.modifiedAt.getTime()).toBeGreaterThan(before)
        expect(listed?.modifiedAt.getTime()).toBeLessThanOrEqual(Date.now() + 1000)
      })

      it('a direct URL is one or undefined', async () => {
        await put(KEY, bytesOf(10))
        const url = await store.directUrl(KEY, 60_000)
        expect(url === undefined || url instanceof URL).toBe(true)
      })

      it('probe finds a working store well and leaves nothing', async () => {
        await store.probe()
        expect(await all(store.list())).toEqual([])
        expect(await all(store.uploads.list())).toEqual([])
      })
    })

    describe('uploads', () => {
      it('begins empty', async () => {
        await store.uploads.start(ID)
        expect(await store.uploads.size(ID)).toBe(0)
      })

      it('an unknown upload has no size', async () => {
        expect(await store.uploads.size(ID)).toBeUndefined()
      })

      it('a started upload cannot be started again', async () => {
        await upload(ID, bytesOf(10))
        await expect(store.uploads.start(ID)).rejects.toThrow()
        expect(await store.uploads.size(ID)).toBe(10)
      })

      it('append goes on where it is told and returns the new size', async () => {
        const bytes = bytesOf(LARGE_BYTES)
        await store.uploads.start(ID)
        const ends = [1, 65_537, 65_537, 1_200_000, LARGE_BYTES]
        let start = 0
        for (const end of ends) {
          expect(await store.uploads.append(ID, start, pieces(bytes.subarray(start, end), 10_007))).toBe(end)
          expect(await store.uploads.size(ID)).toBe(end)
          start = end
        }
        expect((await readUpload(ID)).equals(bytes)).toBe(true)
      })

      it('append accepts a body of many tiny pieces', async () => {
        const bytes = bytesOf(5000)
        await store.uploads.start(ID)
        expect(await store.uploads.append(ID, 0, pieces(bytes, 1))).toBe(5000)
        expect((await readUpload(ID)).equals(bytes)).toBe(true)
      })

      it('append to an unknown upload fails and makes none', async () => {
        await expect(store.uploads.append(ID, 0, pieces(bytesOf(10)))).rejects.toThrow()
        expect(await store.uploads.size(ID)).toBeUndefined()
      })

      it('keeps the bytes that came before the body broke off; size tells how many, and they are right', async () => {
        const bytes = bytesOf(LARGE_BYTES)
        await store.uploads.start(ID)
        await expect(store.uploads.append(ID, 0, brokenOff(bytes.subarray(0, 2_500_000)))).rejects.toBeInstanceOf(
          Disconnected,
        )
        const size = (await store.uploads.size(ID)) ?? -1
        expect(size).toBeLessThanOrEqual(2_500_000)
        const kept = await readUpload(ID)
        expect(kept.equals(bytes.subarray(0, size))).toBe(true)
        expect(await store.uploads.append(ID, size, pieces(bytes.subarray(size)))).toBe(LARGE_BYTES)
        expect((await read(await commit(ID))).equals(bytes)).toBe(true)
      })

      it('truncate cuts back, and the upload goes on from there', async () => {
        const bytes = bytesOf(200_000)
        await upload(ID, bytesOf(150_000, 7))
        await store.uploads.truncate(ID, 0)
        expect(await store.uploads.size(ID)).toBe(0)
        await store.uploads.append(ID, 0, pieces(bytes.subarray(0, 150_000)))
        await store.uploads.truncate(ID, 70_000)
        expect(await store.uploads.size(ID)).toBe(70_000)
        await store.uploads.append(ID, 70_000, pieces(bytes.subarray(70_000)))
        expect((await read(await commit(ID))).equals(bytes)).toBe(true)
      })

      it('a last chunk is committed with what came before', async () => {
        const bytes = bytesOf(LARGE_BYTES)
        await upload(ID, bytes.subarray(0, 1_000_000))
        await store.uploads.append(ID, 1_000_000, pieces(bytes.subarray(1_000_000)), { last: true })
        expect((await read(await commit(ID))).equals(bytes)).toBe(true)
      })

      it('a last chunk can be read before it is committed', async () => {
        await store.uploads.start(ID)
        await store.uploads.append(ID, 0, pieces(bytesOf(1000)), { last: true })
        expect((await readUpload(ID)).equals(bytesOf(1000))).toBe(true)
        await store.uploads.abort(ID)
        expect(await all(store.list())).toEqual([])
      })

      it('an upload that was forgotten is known from what is stored', async () => {
        const bytes = bytesOf(LARGE_BYTES)
        await upload(ID, bytes.subarray(0, 70_000))
        store.uploads.forget(ID)
        expect(await store.uploads.size(ID)).toBe(70_000)
        expect(await store.uploads.append(ID, 70_000, pieces(bytes.subarray(70_000)))).toBe(LARGE_BYTES)
        store.uploads.forget(ID)
        expect((await read(await commit(ID))).equals(bytes)).toBe(true)
      })

      it('a committed upload is listed no more', async () => {
        await push(ID, bytesOf(10))
        expect(await all(store.uploads.list())).toEqual([])
      })

      it('commit of an unknown upload fails and makes no object', async () => {
        await expect(commit(ID)).rejects.toThrow()
        expect(await all(store.list())).toEqual([])
      })

      it('abort leaves nothing, and once more does nothing', async () => {
        await upload(ID, bytesOf(10))
        await store.uploads.abort(ID)
        await store.uploads.abort(ID)
        expect(await store.uploads.size(ID)).toBeUndefined()
        expect(await all(store.uploads.list())).toEqual([])
        expect(await all(store.list())).toEqual([])
      })

      it.each([10, LARGE_BYTES])('a sweep after a commit of %d bytes leaves the object', async (size) => {
        const key = await push(ID, bytesOf(size))
        await store.uploads.sweep(ID)
        expect(await store.stat(key)).toEqual({ sizeBytes: size })
      })

      it('what list names, sweep removes', async () => {
        await upload(ID, bytesOf(LARGE_BYTES))
        for (const { id } of await all(store.uploads.list())) await store.uploads.sweep(id)
        expect(await all(store.uploads.list())).toEqual([])
      })

      it('uploads do not touch each other', async () => {
        await upload(ID, bytesOf(100, 1))
        await upload(OTHER_ID, bytesOf(200, 2))
        await store.uploads.abort(ID)
        expect((await read(await commit(OTHER_ID))).equals(bytesOf(200, 2))).toBe(true)
      })

      it('list tells id, size and when bytes were last added, of what is no object yet', async () => {
        await upload(ID, bytesOf(10))
        await store.uploads.start(OTHER_ID)
        const listed = await all(store.uploads.list())
        const early = (await objectsIn(store)).map(({ sizeBytes }) => ({ id: ID, sizeBytes }))
        const held = [...early, ...listed.map(({ id, sizeBytes }) => ({ id, sizeBytes }))]
        expect(held.filter(({ sizeBytes }) => sizeBytes > 0)).toEqual([{ id: ID, sizeBytes: 10 }])
        for (const { modifiedAt } of listed) expect(Math.abs(modifiedAt.getTime() - Date.now())).toBeLessThan(60_000)
      })
    })

    describe('at once', () => {
      it('commits of the same content to keys of their own all succeed, whole', async () => {
        const bytes = bytesOf(300_000)
        const ids = Array.from({ length: 12 }, (_, index) => `${ID.slice(2)}${index + 10}`)
        const keys = await Promise.all(ids.map((id) => push(id, bytes, `sha256/cd/content.${id}`)))
        expect((await all(store.list())).length).toBe(ids.length)
        for (const key of keys) expect((await read(key)).equals(bytes)).toBe(true)
      })

      it('two stores of the same content under one key leave that content', async () => {
        const bytes = bytesOf(300_000)
        await Promise.all(Array.from({ length: 6 }, () => put(KEY, bytes)))
        expect(await objectsIn(store)).toEqual([{ key: KEY, sizeBytes: bytes.length }])
        expect((await read(KEY)).equals(bytes)).toBe(true)
      })

      it('an object is never seen before it is whole', async () => {
        await upload(ID, bytesOf(LARGE_BYTES))
        const key = store.uploads.keyFor(ID, KEY)
        const committing = store.uploads.commit(ID, key).then(() => 'done' as const)
        let last: string | undefined
        do {
          const found = await store.stat(key)
          if (found !== undefined) expect(found.sizeBytes).toBe(LARGE_BYTES)
          last = await Promise.race([committing, new Promise<undefined>((resolve) => setImmediate(resolve))])
        } while (last === undefined)
        expect(await store.stat(key)).toEqual({ sizeBytes: LARGE_BYTES })
      })
    })

    describe('opened again', () => {
      it('objects and unfinished uploads are there as they were', async () => {
        await put(KEY, bytesOf(100_000))
        await upload(OTHER_ID, bytesOf(2000))
        const again = await opened.reopen()
        expect(await again.stat(KEY)).toEqual({ sizeBytes: 100_000 })
        expect(await again.uploads.size(OTHER_ID)).toBe(2000)
        expect(await again.uploads.append(OTHER_ID, 2000, pieces(bytesOf(500)))).toBe(2500)
        expect(await again.stat(await commit(OTHER_ID, OTHER_KEY, again))).toEqual({ sizeBytes: 2500 })
      })
    })
  })
}
