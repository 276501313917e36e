import { z } from 'zod'
import { ByteSource } from './byte-source.ts'
import { readContent } from './entry-content.ts'
import type { FoundFile } from './find-in-layer.ts'
import { inflate, type Restart } from './inflate.ts'
import type { Meter } from './meter.ts'
import { StoppedError } from './stopped.ts'
import { TarReader } from './tar-reader.ts'

/** Of the headers of an entry, with the names and maps that they may have. */
export const HEADER_BYTES = 64 * 1024

/** A file of a layer of which it is known where it stands, and a part of the layer that has it. */
export const sliceOrder = z.object({
  /** Where the entry begins, in what comes out of the part. */
  skip: z.int().nonnegative(),
  sizeBytes: z.int().nonnegative(),
  /** As the layer's inventory has it. */
  content: z.string(),
  /** `member`: gzip from its beginning; `block`: from a block on, at this bit; `plain`: not packed. */
  packing: z.enum(['plain', 'member', 'block']),
  bit: z.int().min(0).max(7),
})
export type SliceOrder = z.infer<typeof sliceOrder>

/** What of a layer was sent for an order, and what was before it. */
export interface Slice {
  readonly window: Uint8Array
  readonly bytes: Uint8Array
}

/** Never throws for what the layer holds. */
export async function readSlice(order: SliceOrder, slice: Slice, meter: Meter): Promise<FoundFile> {
  try {
    const source = new ByteSource(onceOf(unpacked(order, slice, meter)))
    const entry = await new TarReader(source, meter).next()
    if (typeof entry !== 'object' || entry.type !== '0') return { found: 'nothing' }
    const { hash, bytes } = await readContent(entry, { source, meter, wanted: 'keep', ask: () => false })
    if (hash !== order.content) return { found: 'nothing', reason: 'something else stands there' }
    return bytes === undefined ? { found: 'tooLarge' } : { found: 'file', bytes }
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    return { found: 'nothing', reason: error.message }
  }
}

async function* onceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** From the entry on, as much as it may need. */
function unpacked({ packing, bit, skip, sizeBytes }: SliceOrder, { window, bytes }: Slice, meter: Meter): Uint8Array {
  const wanted = sizeBytes + HEADER_BYTES
  if (packing === 'plain') return bytes.subarray(skip, skip + wanted)
  const from: Restart | undefined =
    packing === 'member' ? undefined : { packed: 0, bit, unpacked: window.length, window }
  const out = new Uint8Array(wanted)
  let [left, at] = [skip, 0]
  let next: Uint8Array | undefined = bytes
  const read = () => {
    const piece = next
    next = undefined
    return piece
  }
  const write = (piece: Uint8Array) => {
    meter.unpacked(piece.length)
    const part = piece.subarray(left, left + wanted - at)
    left = Math.max(0, left - piece.length)
    out.set(part, at)
    at += part.length
    return at < wanted
  }
  try {
    inflate({ read, write, ...(from && { from }) })
  } catch (error) {
    // The part may end within a block that the entry does not need.
    if (!(error instanceof StoppedError) || at === 0) throw error
  }
  return out.subarray(0, at)
}
