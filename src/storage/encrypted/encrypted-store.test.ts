import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { copyFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeBlobStore } from '../../../test/contract/blob-store.ts'
import {
  type EncryptedFolder,
  filesBelow,
  filesWith,
  makeEncryptedFolder,
} from '../../../test/support/encrypted-folder.ts'
import type { BlobStore } from '../blob-store.ts'
import { HEADER_BYTES, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, storedSizeOf } from './layout.ts'

describeBlobStore('an encrypted folder', async () => {
  const folder = await makeEncryptedFolder()
  return { store: await folder.open(), reopen: () => folder.open(), close: () => folder.close() }
})

const KEY = `sha256/ab/${'ab'.repeat(32)}.1`
const OTHER_KEY = `sha256/ab/${'ab'.repeat(32)}.2`
const ID = '0123456789abcdef0123456789abcdef'

let folder: EncryptedFolder
let store: BlobStore

beforeEach(async () => {
  folder = await makeEncryptedFolder()
  store = await folder.open()
})
afterEach(() => folder.close())

const fileOf = (key: string) => join(folder.data, 'blobs', `${key}.enc`)

async function read(from: BlobStore, key: string, range?: { start: number; end: number }): Promise<Buffer> {
  const opened = await from.open(key, range)
  if (opened === undefined) throw new Error(`${key} is not there`)
  return Buffer.from(await opened.content.arrayBuffer())
}

async function* body(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  await writeFile(path, bytes)
}

describe('an encrypted folder', () => {
  it('holds nothing of the content, not of objects, of ranges of them, or of uploads', async () => {
    const canary = randomBytes(32)
    const bytes = Buffer.concat([canary, Buffer.alloc(200_000, canary), canary])
    await store.put(KEY, new Blob([bytes]))
    await store.uploads.start(ID)
    await store.uploads.append(ID, 0, body(bytes.subarray(0, 70_001), bytes.subarray(70_001)))
    await store.uploads.truncate(ID, 100_000)
    await store.uploads.append(ID, 100_000, body(canary), { last: true })
    expect((await filesBelow(folder.data)).length).toBe(3)
    expect(await filesWith(folder.data, canary)).toEqual([])
    await store.uploads.commit(ID, store.uploads.keyFor(ID, OTHER_KEY))
    expect(await filesWith(folder.data, canary)).toEqual([])
    // The search would find it.
    await folder.plain().put('plain', new Blob([bytes]))
    expect(await filesWith(folder.data, canary)).toHaveLength(1)
  })

  it('seals the same content differently each time', async () => {
    for (const key of [KEY, OTHER_KEY]) await store.put(key, new Blob([Buffer.alloc(100_000, 1)]))
    const [first, second] = [await readFile(fileOf(KEY)), await readFile(fileOf(OTHER_KEY))]
    const blocks = new Set<string>()
    for (const file of [first, second])
      for (let at = HEADER_BYTES; at + 16 <= file.length; at += 16) blocks.add(file.toString('hex', at, at + 16))
    expect(blocks.size).toBe(2 * Math.floor((first.length - HEADER_BYTES) / 16))
  })

  it('takes 92 bytes more for an object, and 28 for each segment', async () => {
    for (const size of [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES]) {
      const key = `size/${size}`
      await store.put(key, new Blob([Buffer.alloc(size)]))
      const segments = Math.floor(size / SEGMENT_BYTES) + 1
      expect((await stat(fileOf(key))).size).toBe(92 + size + 28 * segments)
      expect(storedSizeOf(size)).toBe(92 + size + 28 * segments)
    }
  })

  it('has no direct URL', async () => {
    await store.put(KEY, new Blob(['hello']))
    expect(await store.directUrl(KEY, 1000)).toBeUndefined()
  })

  it('cannot be opened without its key', async () => {
    const { openStore } = await import('../open.ts')
    await expect(openStore({ data: folder.data })).rejects.toThrow('is encrypted: say encryption.keyFile')
  })
})

describe('content that was changed', () => {
  const content = randomBytes(2 * SEGMENT_BYTES + 1000)
  beforeEach(async () => void (await store.put(KEY, new Blob([content]))))

  it('a flipped bit anywhere is noticed, and no byte of its segment is given out', async () => {
    const stored = await readFile(fileOf(KEY))
    const edges = [0, 1, 2, 3].flatMap((index) =>
      [-29, -1, 0, 11, 12, 28].map((at) => HEADER_BYTES + index * SEALED_SEGMENT_BYTES + at),
    )
    const header = Array.from({ length: HEADER_BYTES }, (_, at) => at)
    const places = [...header, ...edges, ...Array.from({ length: 100 }, (_, n) => (n * 7919 * 31) % stored.length)]
    for (const at of new Set(places.filter((place) => place < stored.length))) {
      const changed = Buffer.from(stored)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      await writeFile(fileOf(KEY), changed)
      const fresh = await folder.open()
      expect((await fresh.stat(KEY))?.sizeBytes).toBe(content.length)
      await expect(read(fresh, KEY), `bit of byte ${at}`).rejects.toThrow()
      const given: Uint8Array[] = []
      const reader = (await fresh.open(KEY))?.content.stream().getReader()
      for (;;) {
        const step = await reader?.read().catch(() => undefined)
        if (step === undefined || step.done) break
        given.push(step.value)
      }
      const bytes = Buffer.concat(given)
      expect(bytes.equals(content.subarray(0, bytes.length))).toBe(true)
      expect(bytes.length).toBeLessThanOrEqual(Math.max(0, at - HEADER_BYTES))
    }
  })

  it('a range of what is sound is still served, and of what is not is not', async () => {
    await flipBit(fileOf(KEY), HEADER_BYTES + SEALED_SEGMENT_BYTES + 500)
    const fresh = await folder.open()
    const first = { start: 10, end: SEGMENT_BYTES - 1 }
    for (const _ of [1, 2]) {
      expect((await read(fresh, KEY, first)).equals(content.subarray(10, SEGMENT_BYTES))).toBe(true)
      await expect(read(fresh, KEY, { start: SEGMENT_BYTES - 1, end: SEGMENT_BYTES })).rejects.toThrow('segment 1')
    }
  })

  it('swapped, repeated and dropped segments are noticed', async () => {
    const stored = await readFile(fileOf(KEY))
    const at = (index: number) => HEADER_BYTES + index * SEALED_SEGMENT_BYTES
    const [header, first, second, last] = [
      stored.subarray(0, at(0)),
      stored.subarray(at(0), at(1)),
      stored.subarray(at(1), at(2)),
      stored.subarray(at(2)),
    ]
    for (const parts of [
      [header, second, first, last],
      [header, first, first, last],
      [header, first, last],
      [header, last],
    ]) {
      await writeFile(fileOf(KEY), Buffer.concat(parts))
      await expect(read(await folder.open(), KEY)).rejects.toThrow('is damaged')
    }
  })

  it.each([1, 28, 1000, 1027, 1028, 1029, SEALED_SEGMENT_BYTES + 1028, 2 * SEALED_SEGMENT_BYTES + 1028])(
    'an object that lost %d bytes at its end has another size, and cannot be read',
    async (lost) => {
      await truncate(fileOf(KEY), (await stat(fileOf(KEY))).size - lost)
      for (const opened of [store, await folder.open()]) {
        expect((await opened.stat(KEY))?.sizeBytes).not.toBe(content.length)
        expect((await opened.open(KEY))?.sizeBytes).not.toBe(content.length)
        await expect(read(opened, KEY)).rejects.toThrow('is damaged')
        // The first segment is as good as it was, and whoever asks compares the size first.
        const part = await read(opened, KEY, { start: 0, end: 99 }).catch(() => undefined)
        expect(part?.equals(content.subarray(0, 100)) ?? true).toBe(true)
        for await (const { sizeBytes } of opened.list()) expect(sizeBytes).not.toBe(content.length)
      }
    },
  )

  it('a whole number of segments that lost its empty last one is noticed', async () => {
    await store.put(OTHER_KEY, new Blob([content.subarray(0, 2 * SEGMENT_BYTES)]))
    await truncate(fileOf(OTHER_KEY), (await stat(fileOf(OTHER_KEY))).size - 28)
    expect((await store.stat(OTHER_KEY))?.sizeBytes).not.toBe(2 * SEGMENT_BYTES)
    await expect(read(store, OTHER_KEY)).rejects.toThrow('its end is missing')
  })

  it('another object under its name is noticed', async () => {
    await store.put(OTHER_KEY, new Blob([randomBytes(content.length)]))
    await rename(fileOf(OTHER_KEY), fileOf(KEY))
    await expect(read(await folder.open(), KEY)).rejects.toThrow('is damaged')
    expect(await store.open(OTHER_KEY)).toBeUndefined()
  })

  it('the object of another upload is noticed', async () => {
    const keys: string[] = []
    for (const id of [ID, `${ID.slice(1)}f`]) {
      await store.uploads.start(id)
      await store.uploads.append(id, 0, body(randomBytes(1000)))
      const key = store.uploads.keyFor(id, `sha256/cd/cdcd.${id}`)
      await store.uploads.commit(id, key)
      keys.push(key)
    }
    const [first = '', second = ''] = keys
    await copyFile(fileOf(first), fileOf(second))
    await expect(read(await folder.open(), second)).rejects.toThrow('is damaged')
    expect(await read(await folder.open(), first)).toHaveLength(1000)
  })

  it('a segment of another object is noticed', async () => {
    await store.put(OTHER_KEY, new Blob([content]))
    const [mine, other] = [await readFile(fileOf(KEY)), await readFile(fileOf(OTHER_KEY))]
    other.copy(mine, HEADER_BYTES, HEADER_BYTES, HEADER_BYTES + SEALED_SEGMENT_BYTES)
    await writeFile(fileOf(KEY), mine)
    await expect(read(await folder.open(), KEY)).rejects.toThrow('segment 0')
  })

  it('is read anew when it was put back', async () => {
    const good = await readFile(fileOf(KEY))
    const range = { start: 0, end: 99 }
    await flipBit(fileOf(KEY), 40)
    await expect(read(store, KEY, range)).rejects.toThrow('is damaged')
    await writeFile(fileOf(KEY), good)
    expect((await read(store, KEY, range)).equals(content.subarray(0, 100))).toBe(true)
  })
})

describe('what was stored before encryption was turned on', () => {
  const old = Buffer.from('from before')
  beforeEach(async () => void (await folder.plain().put(KEY, new Blob([old]))))

  it('is served, listed and deleted like the rest', async () => {
    await store.put(OTHER_KEY, new Blob(['sealed']))
    expect((await read(store, KEY)).equals(old)).toBe(true)
    expect((await read(store, KEY, { start: 5, end: 10 })).toString()).toBe('before')
    expect(await store.stat(KEY)).toEqual({ sizeBytes: old.length })
    const listed = (await Array.fromAsync(store.list())).map(({ key, sizeBytes }) => ({ key, sizeBytes }))
    expect(listed.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { key: KEY, sizeBytes: old.length },
      { key: OTHER_KEY, sizeBytes: 6 },
    ])
    await store.delete(KEY)
    expect(await store.stat(KEY)).toBeUndefined()
  })

  it('is as good as missing where encryption is required', async () => {
    const strict = await folder.open({ requireEncrypted: true })
    expect(await strict.stat(KEY)).toBeUndefined()
    expect(await strict.open(KEY)).toBeUndefined()
    expect(await strict.open(KEY, { start: 0, end: 1 })).toBeUndefined()
  })

  it('is not read as encrypted, whatever its bytes are', async () => {
    await store.put(OTHER_KEY, new Blob(['sealed']))
    await copyFile(fileOf(OTHER_KEY), join(folder.data, 'blobs', KEY))
    expect((await read(store, KEY)).equals(await readFile(fileOf(OTHER_KEY)))).toBe(true)
  })

  it('an upload that was begun before begins anew', async () => {
    const plain = folder.plain().uploads
    await plain.start(ID)
    await plain.append(ID, 0, body(old))
    expect(await store.uploads.size(ID)).toBeUndefined()
    expect(await Array.fromAsync(store.uploads.list(), ({ id }) => id)).toEqual([ID])
    await store.uploads.sweep(ID)
    expect(await Array.fromAsync(store.uploads.list())).toEqual([])
  })
})

it('an object that is gone while it is read is no other content', async () => {
  await store.put(KEY, new Blob([randomBytes(1000)]))
  const opened = await (await folder.open()).open(KEY, { start: 1, end: 2 })
  await rm(fileOf(KEY))
  await expect(opened?.content.arrayBuffer()).rejects.toThrow()
})

it('reading and writing much lets others have their turn', async () => {
  const bytes = Buffer.alloc(64 * 1024 * 1024)
  for (const work of [
    () => store.put(KEY, new Blob([bytes])),
    async () => (await store.open(KEY))?.content.arrayBuffer(),
  ]) {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await work()
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  }
})
