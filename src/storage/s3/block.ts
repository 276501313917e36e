const FIRST_BYTES = 64 * 1024

/** Gathers pieces into one run of bytes, up to a limit. */
export class Block {
  readonly limit: number
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  /** `isSmall`: it may well stay much smaller than its limit, so it takes memory as it grows. */
  constructor(limit: number, isSmall: boolean) {
    this.limit = limit
    this.#bytes = new Uint8Array(isSmall ? Math.min(FIRST_BYTES, limit) : limit)
  }

  get length(): number {
    return this.#length
  }

  get isFull(): boolean {
    return this.#length >= this.limit
  }

  /** Returns what is beyond the limit. */
  add(piece: Uint8Array): Uint8Array {
    const taken = piece.subarray(0, this.limit - this.#length)
    const needed = this.#length + taken.byteLength
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.min(this.limit, Math.max(needed, this.#bytes.byteLength * 2)))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(taken, this.#length)
    this.#length = needed
    return piece.subarray(taken.byteLength)
  }

  /** Not a copy. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }
}
