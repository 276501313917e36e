import type { Content } from '../storage/blob-store.ts'
import type { LayerInventory } from './layer-inventory.ts'

/** A layer to be read. What it is packed with is seen from its first bytes, whatever its media type says. */
export interface LayerToRead {
  readonly sizeBytes: number
  readonly content: Content
}

/** What one layer may cost; beyond it reading stops, and says so. */
export interface LayerLimits {
  /** After unpacking. */
  readonly bytes: number
  readonly entries: number
  /** Unpacked to packed, judged once 64 MiB are unpacked. */
  readonly ratio: number
  /** Of archives in archives. */
  readonly depth: number
  readonly timeMs: number
  /** Of the process that reads. */
  readonly memoryBytes: number
  /** One file that is looked into. */
  readonly fileBytes: number
}

/** Reads layers where a crash, a hang or a bomb hurts nobody. Never rejects for what a layer holds. */
export interface LayerReader {
  read(layer: LayerToRead, signal: AbortSignal): Promise<LayerInventory>
}
