import { FOLLOW_BEHIND_BYTES } from '../storage/blob-store.ts'
import type { ByteReader } from '../storage/byte-reader.ts'

/** Kept in memory, so that those who read at the head read no file. More than what a store may be behind. */
const RECENT_BYTES = 2 * FOLLOW_BEHIND_BYTES
/** One piece for a reader that is behind. */
const OLD_PIECE_BYTES = 128 * 1024

interface Piece {
  readonly start: number
  readonly bytes: Uint8Array
}

/**
 * Bytes that one writer brings and any number of readers follow, each at his own pace; what left the memory is read from
 * where it is stored. The last byte is held back until the whole was found to be right, so nobody ever has a whole that
 * is wrong.
 */
export class GrowingBytes {
  #recent: Piece[] = []
  #recentBytes = 0
  #end = 0
  #older: ByteReader | undefined
  #state: 'growing' | 'whole' | 'failed' = 'growing'
  #failure: unknown
  #changed = Promise.withResolvers<void>()
  #readers = 0
  readonly #sizeBytes: number
  readonly #onAudience: (readers: number) => void

  /** `onAudience` is told how many read whenever that changes. */
  constructor(sizeBytes: number, onAudience: (readers: number) => void = () => undefined) {
    this.#sizeBytes = sizeBytes
    this.#onAudience = onAudience
  }

  /** Whether readers come too late for it: what is not kept any more is in the store, or nowhere. */
  get isOver(): boolean {
    return this.#state !== 'growing'
  }

  get end(): number {
    return this.#end
  }

  /** Where what left the memory can be read. Closed when the last reader is done. */
  backedBy(older: ByteReader): void {
    this.#older = older
  }

  add(bytes: Uint8Array): void {
    this.#recent.push({ start: this.#end, bytes })
    this.#recentBytes += bytes.byteLength
    this.#end += bytes.byteLength
    this.#forgetOld()
    this.#tell()
  }

  /** It is what it should be. */
  finish(): void {
    this.#settle('whole')
  }

  fail(error: unknown): void {
    this.#failure = error
    this.#settle('failed')
  }

  /** From `start` up to `end` (exclusive). Read as fast as the reader takes it. */
  stream(start: number, end: number): ReadableStream<Uint8Array> {
    let position = start
    let isOver = false
    this.#onAudience(++this.#readers)
    const leave = () => {
      if (isOver) return
      isOver = true
      this.#onAudience(--this.#readers)
      this.#closeUnused()
    }
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const bytes = position < end ? await this.#read(position, end) : undefined
            if (bytes !== undefined) {
              position += bytes.byteLength
              controller.enqueue(bytes)
            }
            if (bytes !== undefined && position < end) return
            leave()
            controller.close()
          } catch (error) {
            leave()
            controller.error(error)
          }
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    )
  }

  async #read(position: number, end: number): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#state === 'failed') throw this.#failure
      const upto = Math.min(end, this.#state === 'whole' ? this.#end : Math.min(this.#end, this.#sizeBytes - 1))
      if (position < upto) return this.#piece(position, upto)
      if (this.#state === 'whole') return undefined
      await this.#changed.promise
    }
  }

  #piece(position: number, upto: number): Uint8Array | Promise<Uint8Array> {
    const first = this.#recent[0]
    if (first !== undefined && position >= first.start) return this.#recentPiece(position, upto)
    const until = Math.min(upto, first?.start ?? upto, position + OLD_PIECE_BYTES)
    return this.#oldPiece(position, until)
  }

  #recentPiece(position: number, upto: number): Uint8Array {
    let low = 0
    let high = this.#recent.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#recent[middle]?.start ?? 0) <= position) low = middle
      else high = middle - 1
    }
    const { start, bytes } = this.#recent[low] as Piece
    return bytes.subarray(position - start, upto - start)
  }

  async #oldPiece(position: number, until: number): Promise<Uint8Array> {
    const bytes = (await this.#older?.read(position, until - position)) ?? new Uint8Array()
    if (bytes.byteLength === 0) throw new Error(`what was received cannot be read at ${position}`)
    return bytes
  }

  #forgetOld(): void {
    // Without a place to read it again all of it stays.
    while (this.#older !== undefined && this.#recentBytes > RECENT_BYTES) {
      const oldest = this.#recent.shift()
      if (oldest === undefined) return
      this.#recentBytes -= oldest.bytes.byteLength
    }
  }

  #settle(state: 'whole' | 'failed'): void {
    if (this.#state !== 'growing') return
    this.#state = state
    this.#tell()
    this.#closeUnused()
  }

  #tell(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers()
    resolve()
  }

  #closeUnused(): void {
    if (this.#state === 'growing' || this.#readers > 0) return
    this.#older?.close()
    this.#older = undefined
    this.#recent = []
  }
}
