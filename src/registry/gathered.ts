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
    const all = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
    let end = 0
    for (const piece of pieces) {
      all.set(piece, end)
      end += piece.byteLength
    }
    this.#bytes = all
    return end
  }
}
