import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { runs, SEED } from '../../../test/properties/parameters.ts'
import { type EncryptedFolder, makeEncryptedFolder } from '../../../test/support/encrypted-folder.ts'
import { type Stop, Stopped, stoppingStore } from '../../../test/support/stopping-uploads.ts'
import type { BlobStore } from '../blob-store.ts'
import { SEGMENT_BYTES } from './layout.ts'
import { openEncryption } from './open.ts'

setDefaultTimeout(120_000)

let folder: EncryptedFolder
let count = 0

beforeAll(async () => {
  folder = await makeEncryptedFolder()
  await folder.open()
})
afterAll(() => folder.close())

const newId = () => String(count++).padStart(32, '0')
const uploadFiles = () => readdir(join(folder.data, 'uploads'))

function openStopping(stop: Stop): Promise<BlobStore> {
  return openEncryption(stoppingStore(folder.plain(), stop), {
    keyFile: folder.keyFile,
    previousKeyFiles: [],
    requireEncrypted: false,
  })
}

async function* pieces(bytes: Uint8Array, pieceBytes = 20_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function heldBy({ uploads }: BlobStore, id: string): Promise<Buffer> {
  const size = await uploads.size(id)
  const bytes = Buffer.from(await (await uploads.read(id)).arrayBuffer())
  expect(bytes.length).toBe(size ?? -1)
  return bytes
}

const size = fc.oneof(
  fc.nat(300),
  fc.nat(2 * SEGMENT_BYTES),
  fc.tuple(fc.constantFrom(1, 2), fc.integer({ min: -2, max: 2 })).map(([n, d]) => n * SEGMENT_BYTES + d),
)
const step = fc.record({ kind: fc.constantFrom('append', 'append', 'append', 'truncate', 'read'), size })
const life = fc.record({
  stop: fc.record({ left: fc.nat(25), share: fc.double({ min: 0, max: 1, noNaN: true }), isDeath: fc.boolean() }),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
})

/** What an upload holds, between the least that was promised and the most that was sent. */
interface Held {
  readonly least: number
  readonly most: Buffer
}

async function takeStep(store: BlobStore, id: string, model: Buffer, { kind, size: amount }: Step): Promise<Held> {
  const { uploads } = store
  const to = amount % (model.length + 1)
  const bytes = randomBytes(amount)
  const [least, most, after] =
    kind === 'append'
      ? [model.length, Buffer.concat([model, bytes]), model.length + amount]
      : [kind === 'truncate' ? to : model.length, model, kind === 'truncate' ? to : model.length]
  try {
    if (kind === 'append') expect(await uploads.append(id, model.length, pieces(bytes))).toBe(after)
    else if (kind === 'truncate') await uploads.truncate(id, to)
    else expect((await heldBy(store, id)).equals(model)).toBe(true)
    return { least: after, most: most.subarray(0, after) }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    return { least, most }
  }
}
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

/** Returns what is held afterwards, which is as much as was promised at every step. */
async function live(id: string, before: Buffer, { stop, steps }: Life): Promise<Buffer> {
  const left = { ...stop }
  let store = await openStopping(left)
  let model = before
  for (const each of steps) {
    const { least, most } = await takeStep(store, id, model, each)
    if (left.isDeath && left.left < 0) store = await folder.open()
    const told = (await store.uploads.size(id)) ?? -1
    expect(told).toBeGreaterThanOrEqual(least)
    expect(told).toBeLessThanOrEqual(most.length)
    model = most.subarray(0, told)
  }
  return model
}

describe(`encrypted uploads that are killed (BERTH_TEST_SEED=${SEED})`, () => {
  it('in the middle of any write lose no byte that was acknowledged, and go on; so with a disk that is full for a moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        const id = newId()
        let model: Buffer = Buffer.alloc(0)
        await (await folder.open()).uploads.start(id)
        for (const each of lives) model = await live(id, model, each)
        const store = await folder.open()
        expect((await heldBy(store, id)).equals(model)).toBe(true)
        expect(await Array.fromAsync(store.uploads.list(), (upload) => upload.id)).toEqual([id])
        const key = store.uploads.keyFor(id, `sha256/ab/abab.${id}`)
        await store.uploads.commit(id, key)
        const content = await (await (await folder.open()).open(key))?.content.arrayBuffer()
        expect(content && Buffer.from(content).equals(model)).toBe(true)
        expect(await uploadFiles()).toEqual([])
      }),
      runs(200),
    )
  })

  /** Dies when the old tail is off and nothing of the new one is on. */
  async function tornUpload(): Promise<{ id: string; bytes: Buffer }> {
    const [id, bytes] = [newId(), randomBytes(SEGMENT_BYTES + 1000)]
    const { uploads } = await folder.open()
    await uploads.start(id)
    await uploads.append(id, 0, pieces(bytes))
    const dying = await openStopping({ left: 3, share: 0.5, isDeath: true })
    await expect(dying.uploads.append(id, bytes.length, pieces(randomBytes(10)))).rejects.toThrow(Stopped)
    expect((await uploadFiles()).toSorted()).toEqual([`${id}.enc`, `${id}.enc.tail`])
    return { id, bytes }
  }

  it('keep the old tail where only it is left, until it is part of them again', async () => {
    const { id, bytes } = await tornUpload()
    const { uploads } = await folder.open()
    for (const _ of [1, 2]) expect(await uploads.size(id)).toBe(bytes.length)
    expect(await uploads.append(id, bytes.length, pieces(bytes))).toBe(2 * bytes.length)
    expect(await uploadFiles()).toEqual([`${id}.enc`])
    expect((await heldBy(await folder.open(), id)).equals(Buffer.concat([bytes, bytes]))).toBe(true)
    await uploads.abort(id)
  })

  it('cut back afterwards do not get it back', async () => {
    const { id, bytes } = await tornUpload()
    const { uploads } = await folder.open()
    await uploads.truncate(id, SEGMENT_BYTES)
    expect(await (await folder.open()).uploads.size(id)).toBe(SEGMENT_BYTES)
    expect((await heldBy(await folder.open(), id)).equals(bytes.subarray(0, SEGMENT_BYTES))).toBe(true)
    await uploads.abort(id)
  })

  it.each(['abort', 'sweep'] as const)('leave nothing after an %s', async (how) => {
    const { id } = await tornUpload()
    const { uploads } = await folder.open()
    expect(await Array.fromAsync(uploads.list(), (upload) => upload.id)).toEqual([id])
    await uploads[how](id)
    expect(await uploadFiles()).toEqual([])
  })

  it('of which only a tail is left are listed, to be swept', async () => {
    const { id } = await tornUpload()
    await folder.plain().uploads.abort(`${id}.enc`)
    const { uploads } = await folder.open()
    expect(await uploads.size(id)).toBeUndefined()
    const listed = await Array.fromAsync(uploads.list(), (upload) => upload.id)
    expect(listed).toEqual([id])
    for (const each of listed) await uploads.sweep(each)
    expect(await uploadFiles()).toEqual([])
  })
})
