import { zipf } from '../../support/statistics.ts'
import { seededRandom } from './random.ts'
import { layerBytes } from './sizes.ts'

const POPULARITY_ALPHA = 0.9

/** Whoever pulls warm has all of the image but these. */
const MOST_MISSING_LAYERS = 2
const NEW_LAYERS = 2

/** What a client comes for; `image` counts from the most popular. */
export type Session =
  | { readonly kind: 'poll'; readonly image: number; readonly isKnown: boolean }
  | { readonly kind: 'warm'; readonly image: number; readonly missingLayers: number }
  | { readonly kind: 'cold' | 'list'; readonly image: number }
  | { readonly kind: 'push'; readonly image: number; readonly newLayerBytes: readonly number[] }

/** One session after the other, the same for the same seed. */
export function sessionMaker(seed: number, images: number): () => Session {
  const random = seededRandom(seed)
  const nextImage = zipf(images, POPULARITY_ALPHA, random)
  return () => {
    const share = random()
    const image = nextImage()
    if (share < 0.63) return { kind: 'poll', image, isKnown: random() < 0.5 }
    if (share < 0.89) {
      return { kind: 'warm', image, missingLayers: Math.floor(random() * (MOST_MISSING_LAYERS + 1)) }
    }
    if (share < 0.96) return { kind: 'cold', image }
    if (share < 0.99) {
      return { kind: 'push', image, newLayerBytes: Array.from({ length: NEW_LAYERS }, () => layerBytes(random())) }
    }
    return { kind: 'list', image }
  }
}

export interface Arrival {
  /** Milliseconds from the start. */
  readonly atMs: number
  readonly session: Session
}

/** Clients who know nothing of each other: exponential gaps, so many a second on average. */
export function poissonArrivals(seed: number, images: number, perSecond: number, seconds: number): Arrival[] {
  const next = sessionMaker(seed, images)
  const random = seededRandom(seed + 1)
  const arrivals: Arrival[] = []
  const gapMs = () => (-Math.log(1 - random()) * 1000) / perSecond
  for (let atMs = gapMs(); atMs < seconds * 1000; atMs += gapMs()) arrivals.push({ atMs, session: next() })
  return arrivals
}
