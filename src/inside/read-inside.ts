import type { Config } from '../config/schema.ts'
import type { FoundFile } from '../inventory/layer/find-in-layer.ts'
import { readLayerFile } from '../inventory/layer/file-reader.ts'
import { stretchFor, windowOf } from '../inventory/layer/layer-map.ts'
import { HEADER_BYTES, type Slice, type SliceOrder } from '../inventory/layer/slice.ts'
import { SliceReaders } from '../inventory/layer/slice-reader.ts'
import { packingOf } from '../inventory/layer/unpack.ts'
import type { LayerLimits, LayerToRead } from '../inventory/layer-reader.ts'
import { Problem } from '../lib/problem.ts'
import { type BlobRecord, findStoredBlob } from '../metadata/blobs.ts'
import { parseDigest } from '../oci/digest.ts'
import { openBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import { inTurn } from './apart.ts'
import { LayerMaps } from './layer-maps.ts'
import type { Looked } from './look.ts'

/** Of one file: its bytes are held until they are sent. */
const MAX_FILE_BYTES = 64 * 1024 ** 2
const MAX_TIME_MS = 60_000
/** Another name leads to the first one of its file; some archivers let it lead to another name. */
const MAX_NAMES = 4
/** What is further from the beginning of a gzip layer is worth a map of it. */
const NEAR_BYTES = 4 * 1024 ** 2
const MAX_PART_BYTES = MAX_FILE_BYTES + 48 * 1024 ** 2
const MAGIC_BYTES = 6

interface ReadOptions {
  readonly registry: Registry
  readonly limits: Config['scanning']['limits']
  readonly signal: AbortSignal
}

interface FileInLayer {
  readonly registry: Registry
  readonly blob: BlobRecord
  readonly limits: LayerLimits
  /** Of mapping the layer, for which nobody waits. */
  readonly mapLimits: LayerLimits
  readonly sizeBytes: number
  readonly content: string
  readonly offset: number | undefined
}

const maps = new LayerMaps()
const readers = new SliceReaders()

/** @throws Problem when it cannot be read */
export async function readInside(
  { entry, offset }: NonNullable<Looked['target']>,
  { registry, limits: { time, memory, ...rest }, signal }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.sizeBytes > MAX_FILE_BYTES) throw tooLarge()
  const mapLimits = { ...rest, fileBytes: MAX_FILE_BYTES, memoryBytes: memory, timeMs: time }
  const limits = { ...mapLimits, timeMs: Math.min(time, MAX_TIME_MS) }
  const blob = await findStoredBlob(registry.database.reader, parseDigest(entry.layer ?? ''))
  if (blob === undefined || blob.damaged) throw new Problem('not-found', 'the layer of this file is gone or damaged')
  const file = { registry, blob, limits, mapLimits, sizeBytes: entry.sizeBytes, content: entry.hash ?? '', offset }
  const quick = await inTurn(() => readPart(file))
  if (quick !== undefined) return quick
  const search = async (path: string) => {
    const layer = await openLayer(file)
    const wanted = { path, content: file.content, offset: path === entry.path ? offset : undefined }
    return inTurn(() => readLayerFile(layer, wanted, { limits, signal }))
  }
  return bytesAt(entry.path, search)
}

/** Only what of the layer has the file; undefined: it is not known where that is. */
async function readPart(file: FileInLayer): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const found = await partOf(file)
  if (found === undefined) return undefined
  try {
    const { limits, blob } = file
    const { bytes } = await readers.read(blob.digest, found.order, found.slice, { limits })
    return bytes && new Uint8Array(bytes)
  } catch {
    // It is read from the layer's beginning then, which says what is wrong.
    return undefined
  }
}

interface Part {
  readonly order: SliceOrder
  readonly slice: Slice
}

async function partOf(file: FileInLayer): Promise<Part | undefined> {
  const { offset, blob, content, sizeBytes } = file
  if (offset === undefined) return undefined
  const end = offset + sizeBytes + HEADER_BYTES
  const order = { content, sizeBytes, bit: 0 }
  const nothing = new Uint8Array(0)
  const packing = packingOf(await readRange(file, 0, MAGIC_BYTES))
  if (packing === 'none') {
    const bytes = await readRange(file, offset, end)
    return { order: { ...order, packing: 'plain', skip: 0 }, slice: { window: nothing, bytes } }
  }
  if (packing !== 'gzip') return undefined
  if (end <= NEAR_BYTES) {
    // DEFLATE makes nothing longer by more than this.
    const bytes = await readRange(file, 0, Math.ceil(end * 1.01) + HEADER_BYTES)
    return { order: { ...order, packing: 'member', skip: offset }, slice: { window: nothing, bytes } }
  }
  const points = maps.find(blob.digest)
  if (points === undefined) {
    void maps.make(blob.digest, () => openLayer(file), file.mapLimits).catch(() => undefined)
    return undefined
  }
  const stretch = stretchFor(points, offset, end)
  const last = stretch.end ?? blob.sizeBytes
  const { point } = stretch
  const isUnmapped = point === undefined && stretch.end === undefined
  if (isUnmapped || last - (point?.packed ?? 0) > MAX_PART_BYTES) return undefined
  const bytes = await readRange(file, point?.packed ?? 0, last)
  if (point === undefined)
    return { order: { ...order, packing: 'member', skip: offset }, slice: { window: nothing, bytes } }
  return {
    order: { ...order, packing: 'block', skip: offset - point.unpacked, bit: point.bit },
    slice: { window: windowOf(point), bytes },
  }
}

async function readRange({ registry, blob }: FileInLayer, start: number, end: number): Promise<Uint8Array> {
  const range = { start, end: Math.min(end, blob.sizeBytes) - 1 }
  const opened = await openBlob(registry, blob, range)
  return opened instanceof Uint8Array ? opened : new Uint8Array(await opened.arrayBuffer())
}

async function openLayer({ registry, blob }: FileInLayer): Promise<LayerToRead> {
  const opened = await openBlob(registry, blob)
  return { sizeBytes: blob.sizeBytes, content: opened instanceof Uint8Array ? new Blob([opened]) : opened }
}

async function bytesAt(path: string, read: (path: string) => Promise<FoundFile>): Promise<Uint8Array<ArrayBuffer>> {
  let at = path
  for (let names = 0; names < MAX_NAMES; names++) {
    const { found, bytes, target, reason } = await read(at)
    if (found === 'file') return new Uint8Array(bytes ?? [])
    if (found === 'tooLarge') throw tooLarge()
    if (target === undefined)
      throw new Problem('not-found', `the file could not be read: ${reason ?? 'it is not in its layer'}`)
    at = target
  }
  throw new Problem('not-found', 'the file has too many names that lead to each other')
}

function tooLarge(): Problem {
  return new Problem('invalid', 'the file has more than 64 MiB, which is what is read out of a layer at most')
}
