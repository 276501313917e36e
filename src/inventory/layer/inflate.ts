import { StoppedError } from './stopped.ts'

/** What DEFLATE looks back at most. */
export const WINDOW_BYTES = 32 * 1024
const OUT_BYTES = 256 * 1024
/** Codes up to so many bits are looked up at once. */
const QUICK_BITS = 12
const QUICK_MASK = (1 << QUICK_BITS) - 1
const MAX_BITS = 15

const LENGTH_BASE = [
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ],
]
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_BASE = [
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097],
  ...[6145, 8193, 12289, 16385, 24577],
]
const DISTANCE_EXTRA = [
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13],
]
/** The same for the quick way; of symbols that mean nothing: zero. */
const LENGTHS = new Uint16Array([...LENGTH_BASE, 0, 0])
const LENGTHS_EXTRA = new Uint8Array([...LENGTH_EXTRA, 0, 0])
const DISTANCES = new Uint16Array([...DISTANCE_BASE, 0, 0])
const DISTANCES_EXTRA = new Uint8Array([...DISTANCE_EXTRA, 0, 0])
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const END = 256

/** Where decoding can be taken up again: at the beginning of a block. */
export interface Restart {
  /** Of the packed bytes: the one in which the block begins, and at which bit of it. */
  readonly packed: number
  readonly bit: number
  /** How many bytes came out before it. */
  readonly unpacked: number
  /** The last of these, which it may look back at. */
  readonly window: Uint8Array
}

export interface Inflating {
  /** The next packed bytes; undefined: there are none. */
  read(): Uint8Array | undefined
  /** Bytes that came out; good until it returns. False: no more are wanted. */
  write(piece: Uint8Array): boolean
  /** A block begins. The restart is made when it is asked for, for its window is a copy. */
  block?(unpacked: number, restart: () => Restart): void
  /** Where the packed bytes begin; else they begin with the header of a gzip member. */
  readonly from?: Restart
}

/**
 * RFC 1951 and 1952, for what zlib does not tell: where its blocks begin. Checksums are not looked at; whoever needs to
 * be sure compares what comes out with what he knows of it. @throws StoppedError when it is damaged
 */
export function inflate(inflating: Inflating): void {
  new Inflater(inflating).run()
}

/** Nobody wants more. */
const ENOUGH = Symbol('enough')

class Inflater {
  readonly #inflating: Inflating
  readonly #out = new Uint8Array(WINDOW_BYTES + OUT_BYTES + 258)
  readonly #literals = new Codes(288)
  readonly #distances = new Codes(32)
  /** Where the next byte goes, where those begin that were not written yet, and how far back may be looked. */
  #at = 0
  #written = 0
  #history = 0
  #unpacked = 0
  #piece: Uint8Array = new Uint8Array(0)
  #pos = 0
  /** Packed bytes before this piece. */
  #before = 0
  #bits = 0
  #bitCount = 0

  constructor(inflating: Inflating) {
    this.#inflating = inflating
    const { from } = inflating
    if (from === undefined) return
    this.#out.set(from.window)
    this.#at = this.#written = this.#history = from.window.length
    this.#unpacked = from.unpacked - from.window.length
    this.#before = from.packed
    this.#take(from.bit)
  }

  run(): void {
    try {
      if (this.#inflating.from === undefined) this.#header()
      do this.#member()
      while (this.#nextMember())
      this.#flush()
    } catch (error) {
      if (error === ENOUGH) return
      // What came out until then is good.
      if (this.#written < this.#at) this.#inflating.write(this.#out.subarray(this.#written, this.#at))
      throw error
    }
  }

  #member(): void {
    for (let isLast = false; !isLast;) {
      this.#inflating.block?.(this.#unpacked + this.#at, () => this.#restart())
      isLast = this.#take(1) === 1
      const type = this.#take(2)
      if (type === 0) this.#stored()
      else if (type === 1) this.#fixed()
      else if (type === 2) this.#dynamic()
      else throw damaged()
    }
  }

  #restart(): Restart {
    const bits = (this.#before + this.#pos) * 8 - this.#bitCount
    const start = this.#at - Math.min(WINDOW_BYTES, this.#history)
    return {
      ...{ packed: Math.floor(bits / 8), bit: bits % 8, unpacked: this.#unpacked + this.#at },
      window: this.#out.slice(start, this.#at),
    }
  }

  /** RFC 1952 §2.3. */
  #header(): void {
    if (this.#take(8) !== 0x1f || this.#take(8) !== 0x8b || this.#take(8) !== 8) throw damaged()
    const flags = this.#take(8)
    for (let left = 6; left > 0; left--) this.#take(8)
    if ((flags & 4) !== 0) for (let left = this.#take(16); left > 0; left--) this.#take(8)
    for (const flag of [8, 16]) if ((flags & flag) !== 0) while (this.#take(8) !== 0);
    if ((flags & 2) !== 0) this.#take(16)
    this.#history = 0
  }

  /** False: what follows is no member, and is not looked at, as zlib has it. */
  #nextMember(): boolean {
    this.#take(this.#bitCount % 8)
    for (let left = 8; left > 0; left--) this.#take(8)
    if (this.#bitCount === 0 && !this.#hasMore()) return false
    const [first, second] = [this.#peek(8), this.#peek(16) >> 8]
    if (first !== 0x1f || second !== 0x8b) return false
    this.#header()
    return true
  }

  #hasMore(): boolean {
    while (this.#pos === this.#piece.length) {
      this.#before += this.#piece.length
      this.#pos = 0
      const next = this.#inflating.read()
      this.#piece = next ?? new Uint8Array(0)
      if (next === undefined) return false
    }
    return true
  }

  #need(count: number): void {
    while (this.#bitCount < count) {
      if (this.#pos === this.#piece.length && !this.#hasMore()) throw new StoppedError('its gzip data is damaged')
      this.#bits |= (this.#piece[this.#pos++] ?? 0) << this.#bitCount
      this.#bitCount += 8
    }
  }

  #peek(count: number): number {
    try {
      this.#need(count)
    } catch {
      return 0
    }
    return this.#bits & ((1 << count) - 1)
  }

  /** At most 16. */
  #take(count: number): number {
    this.#need(count)
    const value = this.#bits & ((1 << count) - 1)
    this.#bits >>>= count
    this.#bitCount -= count
    return value
  }

  #stored(): void {
    this.#take(this.#bitCount % 8)
    const length = this.#take(16)
    if ((this.#take(16) ^ 0xffff) !== length) throw damaged()
    for (let left = length; left > 0; left--) {
      const byte = this.#take(8)
      this.#room()
      this.#out[this.#at++] = byte
      this.#history++
    }
  }

  #fixed(): void {
    const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280)
    this.#literals.set(lengths)
    this.#distances.set(new Uint8Array(30).fill(5))
    this.#codes()
  }

  #dynamic(): void {
    const [literals, distances, count] = [this.#take(5) + 257, this.#take(5) + 1, this.#take(4) + 4]
    const lengths = new Uint8Array(19)
    for (let index = 0; index < count; index++) lengths[ORDER[index] ?? 0] = this.#take(3)
    this.#literals.set(lengths)
    const found = this.#lengths(literals + distances)
    this.#literals.set(found.subarray(0, literals))
    this.#distances.set(found.subarray(literals, literals + distances))
    this.#codes()
  }

  /** Lengths of words, of which those that are alike are told by how many they are. */
  #lengths(count: number): Uint8Array {
    const found = new Uint8Array(count)
    for (let index = 0; index < count;) {
      const symbol = this.#slowSymbol(this.#literals)
      if (symbol < 16) {
        found[index++] = symbol
        continue
      }
      if (symbol === 16 && index === 0) throw damaged()
      const value = symbol === 16 ? (found[index - 1] ?? 0) : 0
      const repeat = symbol === 18 ? 11 + this.#take(7) : 3 + this.#take(symbol - 14)
      if (index + repeat > count) throw damaged()
      found.fill(value, index, index + repeat)
      index += repeat
    }
    return found
  }

  /** Bit by bit: at the end of everything there may be less than the longest code. */
  #slowSymbol({ counts, symbols }: Codes): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.#take(1)
      const count = counts[length] ?? 0
      if (code - count < first) return symbols[index + (code - first)] ?? 0
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw damaged()
  }

  #symbol(codes: Codes): number {
    while (this.#bitCount < MAX_BITS) {
      if (this.#pos === this.#piece.length && !this.#hasMore()) return this.#slowSymbol(codes)
      this.#bits |= (this.#piece[this.#pos++] ?? 0) << this.#bitCount
      this.#bitCount += 8
    }
    const entry = codes.quick[this.#bits & ((1 << QUICK_BITS) - 1)] ?? 0
    if (entry === 0) return this.#slowSymbol(codes)
    this.#bits >>>= entry & 15
    this.#bitCount -= entry & 15
    return entry >> 4
  }

  #codes(): void {
    do this.#quickCodes()
    while (!this.#code())
  }

  /** One code, wherever it ends. True: of the block. */
  #code(): boolean {
    const symbol = this.#symbol(this.#literals)
    if (symbol === END) return true
    this.#room()
    if (symbol < END) {
      this.#out[this.#at++] = symbol
      this.#history++
      return false
    }
    const length = (LENGTH_BASE[symbol - 257] ?? fail()) + this.#take(LENGTH_EXTRA[symbol - 257] ?? 0)
    const far = this.#symbol(this.#distances)
    const distance = (DISTANCE_BASE[far] ?? fail()) + this.#take(DISTANCE_EXTRA[far] ?? 0)
    if (distance > this.#history) throw damaged()
    copy(this.#out, this.#at, distance, length)
    this.#at += length
    this.#history += length
    return false
  }

  /**
   * The same without asking for bytes or room, as long as there is enough of both: nearly all of the time is spent here.
   */
  #quickCodes(): void {
    const [out, piece] = [this.#out, this.#piece]
    const [literals, distances] = [this.#literals.quick, this.#distances.quick]
    const [lastAt, lastPos] = [WINDOW_BYTES + OUT_BYTES, piece.length - 8]
    let [at, pos, bits, bitCount] = [this.#at, this.#pos, this.#bits, this.#bitCount]
    const history = this.#history - at
    while (at < lastAt && pos < lastPos) {
      while (bitCount < 24) {
        bits |= (piece[pos++] as number) << bitCount
        bitCount += 8
      }
      const entry = literals[bits & QUICK_MASK] as number
      const symbol = entry >> 4
      // One of the rarer, longer words, or the end: nothing of it is taken yet.
      if (entry === 0 || symbol === END) break
      if (symbol < END) {
        bits >>>= entry & 15
        bitCount -= entry & 15
        out[at++] = symbol
        continue
      }
      const extra = LENGTHS_EXTRA[symbol - 257] as number
      const used = (entry & 15) + extra
      const length = (LENGTHS[symbol - 257] as number) + ((bits >>> (entry & 15)) & ((1 << extra) - 1))
      // What is left after the longest of them is enough for the quick words of a distance, once bits were added.
      let [rest, restCount, restPos] = [bits >>> used, bitCount - used, pos]
      while (restCount < 25) {
        rest |= (piece[restPos++] as number) << restCount
        restCount += 8
      }
      const far = distances[rest & QUICK_MASK] as number
      const farExtra = DISTANCES_EXTRA[far >> 4] as number
      const farUsed = (far & 15) + farExtra
      const distance = (DISTANCES[far >> 4] as number) + ((rest >>> (far & 15)) & ((1 << farExtra) - 1))
      // Whatever is rare, or wrong, is looked at again, slowly.
      if (far === 0 || length === 0 || distance === 0 || distance > history + at) break
      ;[bits, bitCount, pos] = [rest >>> farUsed, restCount - farUsed, restPos]
      copy(out, at, distance, length)
      at += length
    }
    this.#history = history + at
    ;[this.#at, this.#pos, this.#bits, this.#bitCount] = [at, pos, bits, bitCount]
  }

  /** For the longest that a code stands for. */
  #room(): void {
    if (this.#at < WINDOW_BYTES + OUT_BYTES) return
    this.#flush()
    this.#out.copyWithin(0, this.#at - WINDOW_BYTES, this.#at)
    this.#unpacked += this.#at - WINDOW_BYTES
    this.#at = this.#written = WINDOW_BYTES
  }

  #flush(): void {
    const isWanted = this.#inflating.write(this.#out.subarray(this.#written, this.#at))
    this.#written = this.#at
    if (!isWanted) throw ENOUGH
  }
}

/** A canonical Huffman code, by the lengths of its words. */
class Codes {
  /** By the next bits: symbol and length of its word; zero: the word is longer, or there is none. */
  readonly quick = new Uint16Array(1 << QUICK_BITS)
  readonly counts = new Uint16Array(MAX_BITS + 1)
  readonly symbols: Uint16Array

  constructor(most: number) {
    this.symbols = new Uint16Array(most)
  }

  /** @throws StoppedError when there are more words than can be told apart */
  set(lengths: Uint8Array): void {
    const { quick, counts, symbols } = this
    counts.fill(0)
    for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
    counts[0] = 0
    const offsets = new Uint16Array(MAX_BITS + 2)
    const next = new Uint16Array(MAX_BITS + 2)
    let left = 1
    for (let length = 1; length <= MAX_BITS; length++) {
      const count = counts[length] ?? 0
      left = left * 2 - count
      if (left < 0) throw damaged()
      offsets[length + 1] = (offsets[length] ?? 0) + count
      next[length + 1] = ((next[length] ?? 0) + count) << 1
    }
    quick.fill(0)
    for (const [symbol, length] of lengths.entries()) {
      if (length === 0) continue
      const [place, word] = [offsets[length] ?? 0, next[length] ?? 0]
      offsets[length] = place + 1
      next[length] = word + 1
      symbols[place] = symbol
      if (length <= QUICK_BITS) this.#spread(word, length, (symbol << 4) | length)
    }
  }

  #spread(word: number, length: number, entry: number): void {
    let reversed = 0
    for (let bit = 0; bit < length; bit++) reversed |= ((word >> bit) & 1) << (length - 1 - bit)
    for (let at = reversed; at < 1 << QUICK_BITS; at += 1 << length) this.quick[at] = entry
  }
}

/** What lies so far back, which may reach into what is being written. */
function copy(out: Uint8Array, at: number, distance: number, length: number): void {
  for (let index = at; index < at + length; index++) out[index] = out[index - distance] as number
}

function fail(): never {
  throw damaged()
}

function damaged(): StoppedError {
  return new StoppedError('its gzip data is damaged')
}
