/** Numbers of either byte order; a place outside of the bytes throws a RangeError. */
export class BinaryView {
  readonly #view: DataView
  readonly #little: boolean

  constructor(bytes: Uint8Array, bigEndian: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = !bigEndian
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.#little)
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.#little)
  }

  /** Of 64 bits; beyond 2^53 not exact, and outside of every file anyway. */
  u64(at: number): number {
    return Number(this.#view.getBigUint64(at, this.#little))
  }

  word(at: number, bytes: 4 | 8): number {
    return bytes === 8 ? this.u64(at) : this.u32(at)
  }

  /** A text that ends at a zero or after `maxBytes`. */
  name(at: number, maxBytes: number): string {
    let text = ''
    for (let end = at; end < at + maxBytes; end++) {
      const code = this.#view.getUint8(end)
      if (code === 0) break
      text += String.fromCharCode(code)
    }
    return text
  }
}
