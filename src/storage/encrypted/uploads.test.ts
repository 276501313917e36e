import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { runs, SEED } from '../../../test/properties/parameters.ts'
import { type EncryptedFolder, makeEncryptedFolder } from '../../../test/support/encrypted-folder.ts'
import type { BlobStore } from '../blob-store.ts'
import { HEADER_BYTES, SEALED_SEGMENT_BYTES, SEGMENT_BYTES } from './layout.ts'

setDefaultTimeout(60_000)

let folder: EncryptedFolder
let store: BlobStore
let count = 0

beforeAll(async () => {
  folder = await makeEncryptedFolder()
  store = await folder.open()
})
afterAll(() => folder.close())

const newId = () => String(count++).padStart(32, '0')
const fileOf = (id: string) => join(folder.data, 'uploads', `${id}.enc`)

function bytesOf(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0, value = seed + 1; at < size; at++) {
    value = (value * 1_103_515_245 + 12_345) & 0x7fffffff
    bytes[at] = value >> 16
  }
  return bytes
}

async function* pieces(bytes: Uint8Array, pieceBytes: number, isBroken = false): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  if (isBroken) throw new Error('the client went away')
}

async function read(from: BlobStore, key: string, range?: { start: number; end: number }): Promise<Buffer> {
  const opened = await from.open(key, range)
  if (opened === undefined) throw new Error(`${key} is not there`)
  return Buffer.from(await opened.content.arrayBuffer())
}

async function readUpload(id: string): Promise<Buffer> {
  return Buffer.from(await (await store.uploads.read(id)).arrayBuffer())
}

/** Sizes and places about the edges of segments are the interesting ones. */
const place = fc.oneof(
  fc.nat(300),
  fc.nat(4 * SEGMENT_BYTES),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -2, max: 2 }))
    .map(([n, d]) => Math.max(0, n * SEGMENT_BYTES + d)),
)
const step = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    size: place,
    pieceBytes: fc.constantFrom(1000, 65_536, 100_001),
    isBroken: fc.boolean(),
    last: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('truncate' as const), to: place }),
  fc.record({ kind: fc.constantFrom('forget' as const, 'reopen' as const, 'read' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function takeStep(id: string, model: Buffer, each: Step, seed: number): Promise<Buffer> {
  const { uploads } = store
  switch (each.kind) {
    case 'append': {
      const bytes = bytesOf(each.size, seed)
      const appending = uploads.append(id, model.length, pieces(bytes, each.pieceBytes, each.isBroken), {
        last: each.last,
      })
      if (each.isBroken) await expect(appending).rejects.toThrow('the client went away')
      else expect(await appending).toBe(model.length + bytes.length)
      return Buffer.concat([model, bytes])
    }
    case 'truncate': {
      const to = Math.min(each.to, model.length)
      await uploads.truncate(id, to)
      return model.subarray(0, to)
    }
    case 'forget':
      uploads.forget(id)
      return model
    case 'reopen':
      store = await folder.open()
      return model
    case 'read':
      expect((await readUpload(id)).equals(model)).toBe(true)
      return model
  }
}

describe(`encrypted uploads (BERTH_TEST_SEED=${SEED})`, () => {
  it('however they are appended to, broken off, cut and read, they hold what a plain one would', async () => {
    const ranges = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), ranges, async (steps, cuts) => {
        const id = newId()
        let model: Buffer = Buffer.alloc(0)
        await store.uploads.start(id)
        for (const [index, each] of steps.entries()) {
          model = await takeStep(id, model, each, index)
          expect(await store.uploads.size(id)).toBe(model.length)
        }
        const key = store.uploads.keyFor(id, `sha256/ab/abab.${id}`)
        await store.uploads.commit(id, key)
        expect(await store.stat(key)).toEqual({ sizeBytes: model.length })
        expect((await read(store, key)).equals(model)).toBe(true)
        for (const [a, b] of model.length === 0 ? [] : cuts) {
          const [start = 0, end = 0] = [a % model.length, b % model.length].toSorted((x, y) => x - y)
          expect((await read(store, key, { start, end })).equals(model.subarray(start, end + 1))).toBe(true)
        }
        await store.delete(key)
      }),
      runs(60),
    )
  })

  it('cut off anywhere by a crash, an upload keeps whole segments, says how many bytes, and goes on', async () => {
    const whole = bytesOf(3 * SEGMENT_BYTES + 500, 7)
    const garbage = fc.oneof(fc.constant(0), fc.nat(100), fc.nat(2 * SEALED_SEGMENT_BYTES))
    await fc.assert(
      fc.asyncProperty(fc.nat(HEADER_BYTES + 4 * SEALED_SEGMENT_BYTES), garbage, async (left, garbageBytes) => {
        const id = newId()
        await store.uploads.start(id)
        await store.uploads.append(id, 0, pieces(whole, 65_536))
        const stored = (await stat(fileOf(id))).size
        const kept = Math.min(left, stored)
        const lost = (await readFile(fileOf(id))).subarray(kept, kept + garbageBytes)
        await truncate(fileOf(id), kept)
        // A power cut may leave a file that is longer than what was written to it; no byte is what was there by chance.
        await appendFile(
          fileOf(id),
          lost.map((byte) => ~byte),
        )
        store = await folder.open()
        const size = (await store.uploads.size(id)) ?? -1
        const expected = kept === stored ? whole.length : wholeSegments(kept)
        expect(size).toBe(expected)
        expect((await readUpload(id)).equals(whole.subarray(0, size))).toBe(true)
        expect(await store.uploads.append(id, size, pieces(whole.subarray(size), 9999))).toBe(whole.length)
        const key = store.uploads.keyFor(id, `sha256/ab/abab.${id}`)
        await store.uploads.commit(id, key)
        expect((await read(await folder.open(), key)).equals(whole)).toBe(true)
        await store.delete(key)
      }),
      runs(40),
    )
  })
})

function wholeSegments(storedBytes: number): number {
  return Math.floor(Math.max(0, storedBytes - HEADER_BYTES) / SEALED_SEGMENT_BYTES) * SEGMENT_BYTES
}

describe('an encrypted upload', () => {
  it('seals a segment that goes on anew, with another nonce', async () => {
    const id = newId()
    await store.uploads.start(id)
    await store.uploads.append(id, 0, pieces(bytesOf(1000, 1), 1000))
    const before = await Bun.file(fileOf(id)).bytes()
    await store.uploads.append(id, 1000, pieces(bytesOf(10, 2), 10))
    const after = await Bun.file(fileOf(id)).bytes()
    expect(Buffer.from(after.subarray(0, HEADER_BYTES)).equals(before.subarray(0, HEADER_BYTES))).toBe(true)
    const nonceOf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(HEADER_BYTES, HEADER_BYTES + 12)).toString('hex')
    expect(nonceOf(after)).not.toBe(nonceOf(before))
  })

  it('is written to by no empty chunk', async () => {
    const id = newId()
    await store.uploads.start(id)
    await store.uploads.append(id, 0, pieces(bytesOf(1000, 1), 1000))
    const before = await Bun.file(fileOf(id)).bytes()
    expect(await store.uploads.append(id, 1000, pieces(new Uint8Array(0), 1), { last: true })).toBe(1000)
    expect(Buffer.from(await Bun.file(fileOf(id)).bytes()).equals(before)).toBe(true)
  })

  it('whose header is damaged begins anew, and keeps no server from starting', async () => {
    const id = newId()
    await store.uploads.start(id)
    await store.uploads.append(id, 0, pieces(bytesOf(100_000, 1), 1000))
    await writeFile(fileOf(id), Buffer.alloc((await stat(fileOf(id))).size))
    store = await folder.open()
    expect(await store.uploads.size(id)).toBe(0)
    const bytes = bytesOf(100_000, 2)
    await store.uploads.append(id, 0, pieces(bytes, 5000))
    expect((await readUpload(id)).equals(bytes)).toBe(true)
  })

  it('is bound to its id: a key that does not end with it is refused', async () => {
    const id = newId()
    await store.uploads.start(id)
    expect(store.uploads.keyFor(id, `sha256/ab/abab.${id}`)).toBe(`sha256/ab/abab.${id}`)
    expect(store.uploads.keyFor(id, 'sha256/ab/abab.1')).toBe(`sha256/ab/abab.1.${id}`)
    await expect(store.uploads.commit(id, 'sha256/ab/abab.1')).rejects.toThrow('must end with its id')
  })

  it('takes nothing beyond its end', async () => {
    const id = newId()
    await store.uploads.start(id)
    await expect(store.uploads.append(id, 1, pieces(bytesOf(10, 1), 10))).rejects.toThrow('ends at 0')
    await expect(store.uploads.truncate(id, 1)).rejects.toThrow('ends at 0')
  })
})
