import { programWords } from '../../lib/program-words.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import type { LayerLimits, LayerReader } from '../layer-reader.ts'
import { readByProcess } from './layer-process.ts'
import { READ_LAYER, type ReadingOrder } from './reading-order.ts'

export interface LayerReaderOptions {
  readonly limits: LayerLimits
  /** Layers at a time. */
  readonly parallel: number
  /** Instead of this very program, for tests. It gets one word more, the order. */
  readonly program?: readonly [string, ...string[]]
}

/** Reads each layer in a process of its own. Rejects when the signal is aborted, and for nothing else. */
export function createLayerReader({ limits, parallel, program }: LayerReaderOptions): LayerReader {
  const permits = new Semaphore(parallel)
  return {
    read: (layer, signal) =>
      permits.run(async () => {
        signal.throwIfAborted()
        const order: ReadingOrder = { limits, packedBytes: layer.sizeBytes }
        const [first, ...words] = program ?? [process.execPath, ...programWords(), READ_LAYER]
        const argv = [first, ...words, JSON.stringify(order)] as const
        const inventory = await readByProcess(layer, { argv, limits, signal })
        signal.throwIfAborted()
        return inventory
      }),
  }
}
