/** The bytes of a small blob that came in one request: they go into a row, and never need a file. */
export class Gathered {
  #bytes: Uint8Array<ArrayBuffer> | undefined

  /** Undefined until all were taken. */
  get bytes(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes
  }

  /** Returns how many there were. */
  async takeAll(body: AsyncIterable<Uint8Array>): Promise<number> {
    const pieces: Uint8Array[] = []
    for await (const piece of body) pieces.push(piece)
    this.#bytes = Buffer.concat(pieces)
    return this.#bytes.byteLength
  }
}
