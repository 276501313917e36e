import type { Descriptor } from '../../oci/descriptor.ts'

export interface ComparedLayer {
  readonly digest: string
  readonly sizeBytes: number
  readonly mediaType: string
  /** Whoever has the first image has those that are in both. */
  readonly change: 'common' | 'added' | 'removed'
}

export interface LayerTotal {
  readonly count: number
  readonly bytes: number
}

export interface LayerChanges {
  readonly common: LayerTotal
  readonly added: LayerTotal
  readonly removed: LayerTotal
  /** Those of the second image from the lowest on, then those that only the first one has. */
  readonly items: readonly ComparedLayer[]
}

/** A layer that an image names twice is there once: it is stored, and pulled, once. */
export function compareLayers(before: readonly Descriptor[], after: readonly Descriptor[]): LayerChanges {
  const old = byDigest(before)
  const now = byDigest(after)
  const items = [
    ...[...now.values()].map((layer) => toItem(layer, old.has(layer.digest) ? 'common' : 'added')),
    ...[...old.values()].filter(({ digest }) => !now.has(digest)).map((layer) => toItem(layer, 'removed')),
  ]
  return { common: totalOf(items, 'common'), added: totalOf(items, 'added'), removed: totalOf(items, 'removed'), items }
}

function byDigest(layers: readonly Descriptor[]): ReadonlyMap<string, Descriptor> {
  return new Map(layers.map((layer) => [layer.digest, layer]))
}

function toItem({ digest, size, mediaType }: Descriptor, change: ComparedLayer['change']): ComparedLayer {
  return { digest, sizeBytes: size, mediaType, change }
}

function totalOf(items: readonly ComparedLayer[], change: ComparedLayer['change']): LayerTotal {
  const found = items.filter((item) => item.change === change)
  return { count: found.length, bytes: found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
}
