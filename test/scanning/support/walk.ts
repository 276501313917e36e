import type { Analyzer } from '../../../src/inventory/analyzer.ts'
import type { LayerFile, LayerInventory } from '../../../src/inventory/layer-inventory.ts'
import type { LayerLimits } from '../../../src/inventory/layer-reader.ts'
import { Meter } from '../../../src/inventory/layer/meter.ts'
import { walkLayer } from '../../../src/inventory/layer/walk-layer.ts'

const MIB = 1024 ** 2

export const LIMITS: LayerLimits = {
  bytes: 1024 * MIB,
  entries: 100_000,
  ratio: 200,
  depth: 4,
  timeMs: 30_000,
  memoryBytes: 1024 * MIB,
  fileBytes: 16 * MIB,
}

export interface WalkOptions extends Partial<LayerLimits> {
  readonly analyzers?: readonly Analyzer[]
  /** Bytes of a piece in which the layer comes. */
  readonly pieceBytes?: number
  readonly memoryTaken?: () => number
  readonly now?: () => number
}

/** Reads a layer in this process. */
export function walk(
  packed: Uint8Array | AsyncIterable<Uint8Array>,
  options: WalkOptions = {},
): Promise<LayerInventory> {
  const { analyzers = [], pieceBytes = 64 * 1024, memoryTaken = () => 0, now = () => performance.now() } = options
  const packedBytes = packed instanceof Uint8Array ? packed.length : 0
  const meter = new Meter({ limits: { ...LIMITS, ...options }, packedBytes, memoryBytes: memoryTaken, now })
  return walkLayer(packed instanceof Uint8Array ? inPieces(packed, pieceBytes) : packed, { meter, analyzers })
}

export async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** An analyzer that wants these paths, and keeps what it was given. */
export function keeper(...paths: readonly string[]) {
  const seen = new Map<string, string>()
  const analyzer: Analyzer = {
    name: 'keeper',
    wants: ({ path }) => paths.includes(path),
    analyze: async ({ path, content }) => {
      seen.set(path, Buffer.from(content).toString('latin1'))
      return { packages: [{ type: 'deb', name: path, version: '1' }] }
    },
  }
  return { analyzer, seen }
}

/** `kind path content`, in order. */
export function listed(files: readonly LayerFile[]): string[] {
  return files.map(({ kind, path, content }) => `${kind} ${path}${content === '' ? '' : ` ${content}`}`)
}
