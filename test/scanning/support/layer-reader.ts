import { join } from 'node:path'
import type { LayerInventory, LayerState } from '../../../src/inventory/layer-inventory.ts'
import type { LayerLimits, LayerReader, LayerToRead } from '../../../src/inventory/layer-reader.ts'
import { createLayerReader } from '../../../src/inventory/layer/reader.ts'
import { READ_LAYER } from '../../../src/inventory/layer/reading-order.ts'
import { LIMITS } from './walk.ts'

const MAIN = join(import.meta.dir, '../../../src/main.ts')
const MISBEHAVING = join(import.meta.dir, 'misbehaving.ts')

/** By this program, from its source. */
export function readerWith(limits: Partial<LayerLimits> = {}): LayerReader {
  return createLayerReader({
    limits: { ...LIMITS, ...limits },
    parallel: 1,
    program: [process.execPath, MAIN, READ_LAYER],
  })
}

/** By one that does something else. */
export function misbehaving(way: string, limits: Partial<LayerLimits> = {}): LayerReader {
  return createLayerReader({
    limits: { ...LIMITS, ...limits },
    parallel: 1,
    program: [process.execPath, MISBEHAVING, way],
  })
}

export function layerOf(bytes: Uint8Array<ArrayBuffer>): LayerToRead {
  return { sizeBytes: bytes.length, content: new Blob([bytes]) }
}

export function layerFile(path: string): LayerToRead {
  const content = Bun.file(path)
  return { sizeBytes: content.size, content }
}

/** Bytes that have no end, or come very slowly. */
export function streamed(
  pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>,
  sizeBytes: number,
) {
  const stats = { cancelled: false }
  const cancel = () => {
    stats.cancelled = true
  }
  const stream = () => new ReadableStream<Uint8Array>({ pull, cancel })
  const content = { stream, arrayBuffer: () => Promise.reject(new Error('it has no end')) }
  return { layer: { sizeBytes, content } satisfies LayerToRead, stats }
}

export function read(reader: LayerReader, layer: LayerToRead): Promise<LayerInventory> {
  return reader.read(layer, new AbortController().signal)
}

export function verdict({ state, reasons }: LayerInventory): { state: LayerState; reasons: readonly string[] } {
  return { state, reasons }
}
