import { Breaths } from '../../lib/breaths.ts'
import { SEGMENT_BYTES } from './layout.ts'
import type { ObjectCipher } from './object-cipher.ts'

export interface Sealing {
  readonly cipher: ObjectCipher
  /** Where the first segment goes. */
  readonly index: number
  /** What that segment begins with; shorter than a segment. */
  readonly tail: Uint8Array
  readonly body: AsyncIterable<Uint8Array>
  /** Nothing comes after: the last segment is a short one, empty if need be. */
  readonly isEnd: boolean
}

/** Seals a body segment by segment. When the body fails, what came before is sealed and given out, and then it fails. */
export async function* sealStream({ cipher, index: first, tail, body, isEnd }: Sealing): AsyncGenerator<Uint8Array> {
  const segment = new Segment(tail)
  const breaths = new Breaths()
  let index = first
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const chunk of body)
      for (let rest = chunk; rest.byteLength > 0;) {
        const { whole, left } = segment.add(rest)
        rest = left
        if (whole !== undefined) yield cipher.seal(index++, whole)
        if (breaths.isDue()) await breaths.take()
      }
  } catch (error) {
    failure = { error }
  }
  if (segment.bytes.byteLength > 0 || isEnd) yield cipher.seal(index, segment.bytes)
  if (failure !== undefined) throw failure.error
}

/** Gathers bytes until they are a whole segment. */
class Segment {
  readonly #buffer = new Uint8Array(SEGMENT_BYTES)
  #length: number

  constructor(tail: Uint8Array) {
    this.#buffer.set(tail)
    this.#length = tail.byteLength
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Takes what it can. A whole segment is to be used before the next call. */
  add(chunk: Uint8Array): { readonly whole: Uint8Array | undefined; readonly left: Uint8Array } {
    const taken = chunk.subarray(0, SEGMENT_BYTES - this.#length)
    const left = chunk.subarray(taken.byteLength)
    if (taken.byteLength === SEGMENT_BYTES) return { whole: taken, left }
    this.#buffer.set(taken, this.#length)
    this.#length += taken.byteLength
    if (this.#length < SEGMENT_BYTES) return { whole: undefined, left }
    this.#length = 0
    return { whole: this.#buffer, left }
  }
}
