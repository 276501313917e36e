import { expect, it } from 'bun:test'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { makeTar, paxEntry } from '../../../test/scanning/support/make-tar.ts'
import type { LayerFile } from '../layer-inventory.ts'
import { type MapPoint, mapLayer, stretchFor, windowOf } from './layer-map.ts'
import { Meter } from './meter.ts'
import { HEADER_BYTES, readSlice } from './slice.ts'
import { walkLayer } from './walk-layer.ts'

const MIB = 1024 ** 2
const LIMITS = {
  ...{ bytes: 1024 * MIB, entries: 10_000, ratio: 10_000, depth: 1, timeMs: 60_000 },
  ...{ memoryBytes: 1024 * MIB, fileBytes: 16 * MIB },
}
const meter = (limits = LIMITS) => new Meter({ limits, packedBytes: MIB, memoryBytes: () => 0, now: () => 0 })

const words = Array.from({ length: 4000 }, (_, n) =>
  createHash('sha256')
    .update(`${n}`)
    .digest('hex')
    .slice(0, n % 60),
)
const CONTENTS = Array.from({ length: 20 }, (_, n) =>
  Array.from({ length: (n * 7919) % 30_000 }, (__, at) => words[(at * n + at) % words.length]).join(' '),
)
const contentOf = (n: number) => CONTENTS[n] ?? ''

const TAR = makeTar(
  ...Array.from({ length: 20 }, (_, n) => [
    ...(n % 3 === 0 ? [paxEntry([['path', `deep/${'x'.repeat(n * 20)}/file${n}`]])] : []),
    { path: `file${n}`, content: contentOf(n) },
    { path: `hard${n}`, type: '1', link: `file${n}` },
  ]).flat(),
)
const PACKED = gzipSync(TAR)

async function* once(bytes: Uint8Array) {
  yield bytes
}

function readerOf(bytes: Uint8Array) {
  let next: Uint8Array | undefined = bytes
  return () => {
    const piece = next
    next = undefined
    return piece
  }
}

async function files(): Promise<LayerFile[]> {
  const { files: found } = await walkLayer(once(TAR), { meter: meter(), analyzers: [] })
  return found.filter(({ kind }) => kind === 'file')
}

async function read({ offset = 0, sizeBytes, content }: LayerFile, points: readonly MapPoint[]) {
  const { point, end } = stretchFor(points, offset, offset + sizeBytes + HEADER_BYTES)
  const order = { content, sizeBytes, bit: point?.bit ?? 0, skip: offset - (point?.unpacked ?? 0) }
  const slice = {
    window: point === undefined ? new Uint8Array(0) : windowOf(point),
    bytes: PACKED.subarray(point?.packed ?? 0, end),
  }
  return readSlice({ ...order, packing: point === undefined ? 'member' : 'block' }, slice, meter())
}

it('each file of a gzip layer is read out of a part of it, by each of its names', async () => {
  const points = mapLayer(readerOf(PACKED), meter())
  expect(points.length).toBeGreaterThan(1)
  const all = await files()
  expect(all.length).toBeGreaterThan(20)
  for (const file of all) {
    const { found, bytes } = await read(file, points)
    const n = Number(/\d+$/.exec(file.path)?.[0])
    expect([file.path, found, Buffer.from(bytes ?? []).toString() === contentOf(n)]).toEqual([file.path, 'file', true])
  }
})

it('of a plain one too', async () => {
  for (const { offset = 0, content, sizeBytes } of await files()) {
    const bytes = TAR.subarray(offset, offset + sizeBytes + HEADER_BYTES)
    const order = { content, sizeBytes, bit: 0, skip: 0, packing: 'plain' as const }
    expect((await readSlice(order, { window: new Uint8Array(0), bytes }, meter())).found).toBe('file')
  }
})

it('what stands there and is something else is not told of', async () => {
  const points = mapLayer(readerOf(PACKED), meter())
  const [file] = (await files()).slice(-1)
  if (file === undefined) throw new Error('there are files')
  expect((await read({ ...file, content: '0123456789abcdef' }, points)).found).toBe('nothing')
  expect((await read({ ...file, offset: (file.offset ?? 0) + 7 }, points)).found).toBe('nothing')
})

it('a map of what is damaged or a bomb is none', () => {
  expect(() => mapLayer(readerOf(PACKED.subarray(0, PACKED.length / 2)), meter())).toThrow('damaged')
  const bomb = gzipSync(new Uint8Array(80 * MIB))
  expect(() => mapLayer(readerOf(bomb), meter({ ...LIMITS, ratio: 10 }))).toThrow('scanning.limits.ratio')
  expect(() => mapLayer(readerOf(bomb), meter({ ...LIMITS, bytes: MIB }))).toThrow('scanning.limits.bytes')
})
