import { GIB, KIB, MIB } from '../../support/data-set.ts'

/** Layers as they are asked for: half of what is asked for is under 200 KiB, a twentieth over 90 MiB. */
const LAYER_QUANTILES = [
  [0, 100],
  [0.1, 300],
  [0.25, 4 * KIB],
  [0.45, 100 * KIB],
  [0.65, MIB],
  [0.8, 10 * MIB],
  [0.9, 40 * MIB],
  [0.95, 90 * MIB],
  [0.99, 300 * MIB],
  [1, GIB],
] as const

/** So that all of it fits on a disk, and some images into a section: the mean is 11 MiB instead of 19. */
export const LARGEST_LAYER_BYTES = 100 * MIB

/** Bytes of the layer at a share (0–1) of the distribution, log-linear between its points, cut off above. */
export function layerBytes(share: number): number {
  const above = LAYER_QUANTILES.findIndex(([point]) => point >= share)
  const [to, most] = LAYER_QUANTILES[Math.max(1, above)] ?? [1, GIB]
  const [from, least] = LAYER_QUANTILES[Math.max(1, above) - 1] ?? [0, 100]
  const bytes = least * (most / least) ** ((share - from) / (to - from))
  return Math.min(LARGEST_LAYER_BYTES, Math.round(bytes))
}

const MEDIAN_LAYERS = 9
const LAYERS_SIGMA = 0.63
const MOST_LAYERS = 127

/** How many layers the image has at a share of the distribution: lognormal. At least the two that a push replaces. */
export function layerCount(share: number): number {
  const layers = MEDIAN_LAYERS * Math.exp(LAYERS_SIGMA * normalQuantile(share))
  return Math.min(MOST_LAYERS, Math.max(2, Math.round(layers)))
}

/** The value of which a normally distributed one stays below with this probability; good to a hundredth. */
function normalQuantile(share: number): number {
  const tail = Math.sqrt(-2 * Math.log(Math.min(share, 1 - share)))
  const value =
    tail -
    (2.515517 + 0.802853 * tail + 0.010328 * tail ** 2) /
      (1 + 1.432788 * tail + 0.189269 * tail ** 2 + 0.001308 * tail ** 3)
  return share < 0.5 ? -value : value
}
