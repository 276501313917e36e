import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import { inflate, type Restart, WINDOW_BYTES } from './inflate.ts'
import type { Meter } from './meter.ts'

/** Twice as much, and again, where there would be too many. */
const FIRST_SPACING_BYTES = 2 * 1024 ** 2
export const MAX_POINTS = 256

/** A place in a gzip layer at which unpacking can begin. */
export interface MapPoint extends Omit<Restart, 'window'> {
  /** What was unpacked before it, packed again. */
  readonly window: Uint8Array
}

const whole = z.int().nonnegative()
/** The line before the windows: where each point is, and how long its window. */
export const mapHead = z.object({
  points: z.array(z.tuple([whole, whole.max(7), whole, whole.max(2 * WINDOW_BYTES)])).max(MAX_POINTS),
  reason: z.string().optional(),
})

/** Where to begin reading a gzip layer, by what comes out of it. @throws StoppedError */
export function mapLayer(read: () => Uint8Array | undefined, meter: Meter): MapPoint[] {
  let points: MapPoint[] = []
  let spacing = FIRST_SPACING_BYTES
  inflate({
    read,
    write: (piece) => {
      meter.unpacked(piece.length)
      return true
    },
    block: (unpacked, restart) => {
      if (unpacked - (points.at(-1)?.unpacked ?? 0) < spacing) return
      if (points.length === MAX_POINTS) {
        points = points.filter((_, index) => index % 2 === 1)
        spacing *= 2
        return
      }
      const { window, ...place } = restart()
      points.push({ ...place, window: new Uint8Array(zstdCompressSync(window)) })
    },
  })
  return points
}

export function windowOf({ window }: MapPoint): Uint8Array {
  return zstdDecompressSync(window, { maxOutputLength: WINDOW_BYTES })
}

export interface Stretch {
  /** Undefined: it begins before the first one. */
  readonly point: MapPoint | undefined
  /** Of the packed bytes: the first one that is not needed; undefined: all of them are. */
  readonly end: number | undefined
}

/** Which part of the packed bytes has these unpacked ones. */
export function stretchFor(points: readonly MapPoint[], from: number, to: number): Stretch {
  const point = points.findLast(({ unpacked }) => unpacked <= from)
  const end = points.find(({ unpacked }) => unpacked >= to)
  return { point, end: end && end.packed + 1 }
}
