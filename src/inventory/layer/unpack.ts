import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Meter } from './meter.ts'
import { StoppedError } from './stopped.ts'

export type Packing = 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'none'

const MAGIC: readonly (readonly [Packing, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
]
const MAGIC_BYTES = 6
/** RFC 8878 §3.1.2: sixteen kinds of frames to be skipped, which some packers begin with. */
const SKIPPABLE = [0x2a, 0x4d, 0x18]
const PIECE_BYTES = 256 * 1024

export function packingOf(head: Uint8Array): Packing {
  const known = MAGIC.find(([, magic]) => magic.every((byte, index) => head[index] === byte))
  if (known !== undefined) return known[0]
  const skippable = (head[0] ?? 0) >> 4 === 5 && SKIPPABLE.every((byte, index) => head[index + 1] === byte)
  return skippable ? 'zstd' : 'none'
}

export interface Unpacked {
  readonly packing: Packing
  readonly pieces: AsyncIterable<Uint8Array>
}

/**
 * What is in it, by its first bytes. Every byte that comes out is told to the meter.
 * @throws StoppedError when it is packed by something that is not understood, or its bytes are damaged
 */
export async function unpack(packed: AsyncIterable<Uint8Array>, meter: Meter): Promise<Unpacked> {
  const timed = inTime(packed, meter)
  const first = await firstPieces(timed)
  const packing = packingOf(first.head)
  if (packing === 'bzip2' || packing === 'xz')
    throw new StoppedError(`it is packed with ${packing}, which is not read: gzip, zstd and plain tars are`)
  return { packing, pieces: metered(opened(packing, first.all), packing, meter) }
}

function opened(packing: Packing, packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (packing === 'none') return packed
  const options = { chunkSize: PIECE_BYTES }
  const unpacker = packing === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  // What goes wrong comes out at the unpacker's end.
  return pipeline(Readable.from(packed, { objectMode: true, highWaterMark: 2 }), unpacker, () => undefined)
}

async function* metered(pieces: AsyncIterable<Uint8Array>, packing: Packing, meter: Meter) {
  let isEmpty = true
  try {
    for await (const piece of pieces) {
      isEmpty = false
      meter.unpacked(piece.length)
      yield piece
    }
  } catch (error) {
    if (error instanceof StoppedError) throw error
    throw new StoppedError(packing === 'none' ? 'it could not be read to its end' : `its ${packing} data is damaged`)
  }
  // Unpackers are silent when there is less than their own header. No tar is empty once it is packed.
  if (isEmpty && packing !== 'none') throw new StoppedError(`its ${packing} data is damaged`)
}

/** A source that is silent must not be waited for longer than there is time. */
async function* inTime(pieces: AsyncIterable<Uint8Array>, meter: Meter): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  for (;;) {
    const next = await beforeTheEnd(iterator.next(), meter)
    if (next.done === true) return
    yield next.value
  }
}

async function beforeTheEnd<T>(work: Promise<T>, meter: Meter): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), meter.timeLeftMs)
  })
  try {
    const outcome = await Promise.race([work.then((value) => ({ value })), late])
    return outcome === undefined ? meter.outOfTime() : outcome.value
  } finally {
    clearTimeout(timer)
  }
}

/** Enough of it to tell what it is, and all of it again. */
async function firstPieces(pieces: AsyncGenerator<Uint8Array>) {
  let head = new Uint8Array(0)
  while (head.length < MAGIC_BYTES) {
    const { done, value } = await pieces.next()
    if (done === true) break
    head = Buffer.concat([head, value])
  }
  async function* all() {
    if (head.length > 0) yield head
    yield* pieces
  }
  return { head, all: all() }
}
