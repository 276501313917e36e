const NOTHING = new Uint8Array(0)

/** Bytes that come in pieces, taken in the amounts that a reader asks for. Holds one piece at a time. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>
  #piece: Uint8Array = NOTHING
  #taken = 0

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** How many bytes were taken. */
  get taken(): number {
    return this.#taken
  }

  /** Up to so many bytes that are here already; undefined: `wait` for more first. Good until the next call. */
  takeHere(most: number): Uint8Array | undefined {
    if (this.#piece.length === 0) return undefined
    const taken = this.#piece.subarray(0, most)
    this.#piece = this.#piece.subarray(taken.length)
    this.#taken += taken.length
    return taken
  }

  /** Exactly so many if they are here already, else none is taken. */
  takeAllHere(count: number): Uint8Array | undefined {
    return this.#piece.length < count ? undefined : this.takeHere(count)
  }

  /** False: nothing comes any more. */
  async wait(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#pieces.next()
      if (done === true) return false
      this.#piece = value
    }
    return true
  }

  /** So many bytes, fewer at the end of everything. For small amounts: they are copied together. */
  async take(count: number): Promise<Uint8Array> {
    const whole = this.takeAllHere(count)
    if (whole !== undefined) return whole
    const taken = new Uint8Array(count)
    let length = 0
    while (length < count && (await this.wait())) {
      const part = this.takeHere(count - length) ?? NOTHING
      taken.set(part, length)
      length += part.length
    }
    return taken.subarray(0, length)
  }
}
