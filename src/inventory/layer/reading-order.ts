import { z } from 'zod'

/** The command's name. It is hidden: only the server starts it. */
export const READ_LAYER = 'read-layer'

/** The same for one file of a layer. */
export const READ_FILE = 'read-layer-file'

/** One that maps a gzip layer, and one that reads files out of parts of one layer, for as long as it is asked. */
export const MAP_LAYER = 'map-layer'
export const READ_SLICES = 'read-layer-slices'

const limit = z.number().nonnegative()

/** What the process that reads a layer is told, in its last word. */
export const readingOrder = z.object({
  packedBytes: limit,
  limits: z.object({
    bytes: limit,
    entries: limit,
    ratio: limit,
    depth: limit,
    timeMs: limit,
    memoryBytes: limit,
    fileBytes: limit,
  }),
})
export type ReadingOrder = z.infer<typeof readingOrder>
