import { mapByProcess } from '../inventory/layer/file-reader.ts'
import type { MapPoint } from '../inventory/layer/layer-map.ts'
import type { LayerLimits, LayerToRead } from '../inventory/layer-reader.ts'
import { standing } from '../lib/standing.ts'
import type { Digest } from '../oci/digest.ts'

/** Of the windows of all maps that are remembered. */
const MAX_BYTES = 48 * 1024 ** 2

/**
 * Where gzip layers can be begun to be read, by those of which files were read lately. They lie in memory only: a window
 * is a piece of what may be encrypted where it is stored.
 */
export class LayerMaps {
  readonly #maps = new Map<Digest, readonly MapPoint[]>()
  /** One at a time: it takes a processor for as long as unpacking does, several times over. */
  #making = false
  #bytes = 0

  find(digest: Digest): readonly MapPoint[] | undefined {
    const points = this.#maps.get(digest)
    if (points === undefined) return undefined
    this.#maps.delete(digest)
    this.#maps.set(digest, points)
    return points
  }

  /** Sees to it that there is one, soon, unless another one is being made. */
  async make(digest: Digest, open: () => Promise<LayerToRead>, limits: LayerLimits): Promise<void> {
    if (this.#making || this.#maps.has(digest)) return
    this.#making = true
    const stopping = new AbortController()
    const made = { end: () => stopping.abort() }
    standing.add(made)
    try {
      // One that cannot be mapped is not tried again and again.
      this.#remember(digest, (await mapByProcess(await open(), { limits, signal: stopping.signal })) ?? [])
    } finally {
      standing.delete(made)
      this.#making = false
    }
  }

  #remember(digest: Digest, points: readonly MapPoint[]): void {
    this.#maps.set(digest, points)
    this.#bytes += weightOf(points)
    for (const [old, its] of this.#maps) {
      if (this.#bytes <= MAX_BYTES || old === digest) break
      this.#maps.delete(old)
      this.#bytes -= weightOf(its)
    }
  }
}

function weightOf(points: readonly MapPoint[]): number {
  return points.reduce((sum, { window }) => sum + window.length, 1024)
}
