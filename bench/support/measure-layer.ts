import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import { createLayerReader } from '../../src/inventory/layer/reader.ts'
import { READ_LAYER } from '../../src/inventory/layer/reading-order.ts'
import { residentBytes } from '../../src/lib/child-surroundings.ts'

const MIB = 1024 ** 2
const LIMITS = {
  ...{ bytes: 16 * 1024 * MIB, entries: 1_000_000, ratio: 200, depth: 4 },
  ...{ timeMs: 600_000, memoryBytes: 1024 * MIB, fileBytes: 256 * MIB },
}
const LOOK_EVERY_MS = 10

export interface MeasuredLayer {
  readonly packedBytes: number
  readonly ms: number
  /** Of the process that reads, at most. */
  readonly peakBytes: number
  readonly inventory: LayerInventory
}

/** Reads a layer as the server does, once. */
export async function measureLayer(path: string): Promise<MeasuredLayer> {
  const { size: packedBytes } = statSync(path)
  const startedAt = performance.now()
  let peakBytes = 0
  const timer = setInterval(() => {
    for (const pid of children()) peakBytes = Math.max(peakBytes, residentBytes(pid) ?? 0)
  }, LOOK_EVERY_MS)
  const reader = createLayerReader({ limits: LIMITS, parallel: 1, program: program() })
  const layer = { sizeBytes: packedBytes, content: Bun.file(path) }
  const inventory = await reader.read(layer, new AbortController().signal)
  clearInterval(timer)
  return { packedBytes, ms: performance.now() - startedAt, peakBytes, inventory }
}

function program(): [string, ...string[]] {
  const built = process.env.BERTH_BENCH_PROGRAM
  if (built !== undefined) return [resolve(built), READ_LAYER]
  return [process.execPath, join(import.meta.dir, '../../src/main.ts'), READ_LAYER]
}

/** Of this process, and only those. */
function children(): number[] {
  const list = `/proc/self/task/${process.pid}/children`
  if (!existsSync(list)) return []
  return readFileSync(list, 'latin1').split(' ').filter(Boolean).map(Number)
}
