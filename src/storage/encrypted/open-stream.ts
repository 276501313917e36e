import { Breaths } from '../../lib/breaths.ts'
import { DamagedObjectError } from '../damaged-object.ts'
import { SEALED_SEGMENT_BYTES, SEGMENT_BYTES, storedOffset } from './layout.ts'
import type { ObjectCipher } from './object-cipher.ts'

/** Bytes of the content: from `start` to before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The stored bytes, from the beginning of its first segment to the end of its last, that hold a part of the content. */
export function sealedSpan({ start, end }: Span, storedBytes: number): Span {
  const last = Math.floor(Math.max(start, end - 1) / SEGMENT_BYTES)
  const stop = Math.min(storedOffset(last + 1), storedBytes)
  return { start: storedOffset(Math.floor(start / SEGMENT_BYTES)), end: stop }
}

/**
 * The content of a span, out of the stored bytes that `sealedSpan` names. Nothing is given out before it was
 * authenticated. Others have their turn in between, however quickly the bytes come. @throws DamagedObjectError also when there are fewer bytes than there should be
 */
export async function* openSegments(
  source: SealedBytes,
  cipher: ObjectCipher,
  { start, end }: Span,
  sealed: Span,
): AsyncGenerator<Uint8Array> {
  const breaths = new Breaths()
  let index = Math.floor(start / SEGMENT_BYTES)
  for (let at = sealed.start; at < sealed.end; index++) {
    const length = Math.min(SEALED_SEGMENT_BYTES, sealed.end - at)
    if (breaths.isDue()) await breaths.take()
    const plain = cipher.open(index, await source.take(length))
    at += length
    const from = index * SEGMENT_BYTES
    const wanted = plain.subarray(Math.max(0, start - from), Math.max(0, end - from))
    if (wanted.byteLength > 0) yield wanted
  }
}

/** Takes as many bytes at a time from a stream as are asked for. */
export class SealedBytes {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #name: string
  #rest: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>, name: string) {
    this.#iterator = source[Symbol.asyncIterator]()
    this.#name = name
  }

  /** @throws DamagedObjectError when there are not so many */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let missing = count
    while (missing > 0) {
      if (this.#rest.byteLength === 0) this.#rest = await this.#next()
      const part = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(part.byteLength)
      missing -= part.byteLength
      parts.push(part)
    }
    return parts.length === 1 ? (parts[0] ?? this.#rest) : Buffer.concat(parts)
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }

  async #next(): Promise<Uint8Array> {
    const { done, value } = await this.#iterator.next()
    if (done === true) throw new DamagedObjectError(this.#name, 'it is shorter than it was')
    return value
  }
}
