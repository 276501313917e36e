import { LimitError } from './stopped.ts'

const MAX_LINE_BYTES = 32 * 1024 ** 2
const NEWLINE = 0x0a

/** Cuts what a process says into lines, holding one at a time; neither that nor all of it may be too long. */
export class ResultLines {
  readonly #maxBytes: number
  readonly #take: (line: string) => void
  #pieces: Uint8Array[] = []
  #lineBytes = 0
  #bytes = 0

  constructor(maxBytes: number, take: (line: string) => void) {
    this.#maxBytes = maxBytes
    this.#take = take
  }

  /** @throws Error when it is too long, and whatever `take` throws */
  add(piece: Uint8Array): void {
    this.#bytes += piece.length
    let rest = piece
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      const line = Buffer.concat([...this.#pieces, rest.subarray(0, end)]).toString('utf8')
      this.#pieces = []
      this.#lineBytes = 0
      rest = rest.subarray(end + 1)
      this.#take(line)
    }
    if (rest.length > 0) this.#pieces.push(rest)
    this.#lineBytes += rest.length
    if (this.#bytes > this.#maxBytes || this.#lineBytes > MAX_LINE_BYTES) throw new LimitError('it said too much')
  }
}
