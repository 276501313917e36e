const FIRST_BYTES = 64 * 1024

/** Gathers pieces of any size into parts of a wanted size. */
export class ByteBuffer {
  #bytes = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(piece: Uint8Array): void {
    const needed = this.#length + piece.byteLength
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2, FIRST_BYTES))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(piece, this.#length)
    this.#length = needed
  }

  /** Takes bytes from the front. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, count)
    this.#bytes.copyWithin(0, count, this.#length)
    this.#length -= count
    return taken
  }

  takeAll(): Uint8Array<ArrayBuffer> {
    const all = this.#bytes.subarray(0, this.#length)
    this.#bytes = new Uint8Array(0)
    this.#length = 0
    return all
  }
}
