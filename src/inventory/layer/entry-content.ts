import { createHasher } from '../../lib/hasher.ts'
import type { ByteSource } from './byte-source.ts'
import type { Meter } from './meter.ts'
import { StoppedError } from './stopped.ts'
import type { TarEntry } from './tar-reader.ts'
import type { SparseMap } from './tar-sparse.ts'

export const HEAD_BYTES = 64
const HASH_DIGITS = 16
const ZEROS = new Uint8Array(64 * 1024)

/** `keep`: all of it is wanted; `ask`: its first bytes decide; `no`: only its hash. */
export type Wanted = 'keep' | 'ask' | 'no'

export interface EntryContent {
  /** The first digits of its SHA-256. */
  readonly hash: string
  /** Undefined: nobody wants it, or it is too large. */
  readonly bytes?: Uint8Array
  readonly tooLarge?: 'fileBytes' | 'memory'
}

export interface ContentOptions {
  readonly source: ByteSource
  readonly meter: Meter
  readonly wanted: Wanted
  /** Whether content that begins so is wanted. */
  ask(head: Uint8Array): boolean
}

/** Takes an entry's content from the source. @throws StoppedError */
export async function readContent(entry: TarEntry, options: ContentOptions): Promise<EntryContent> {
  const hasher = createHasher('sha256')
  const keeper = new Keeper(entry.sizeBytes, options)
  const add = (piece: Uint8Array) => {
    hasher.update(piece)
    keeper.add(piece)
  }
  if (entry.sparse === undefined) await copy(entry.storedBytes, options.source, add)
  else await expand(entry, entry.sparse, { options, add })
  return { hash: hasher.hex().slice(0, HASH_DIGITS), ...keeper.result() }
}

async function copy(bytes: number, source: ByteSource, add: (piece: Uint8Array) => void): Promise<void> {
  for (let left = bytes; left > 0;) {
    const piece = source.takeHere(left)
    if (piece === undefined) {
      if (!(await source.wait())) throw new StoppedError('it ends in the middle of a file')
      continue
    }
    left -= piece.length
    add(piece)
  }
}

interface Expansion {
  readonly options: ContentOptions
  add(piece: Uint8Array): void
}

async function expand(entry: TarEntry, { stretches }: SparseMap, { options, add }: Expansion): Promise<void> {
  const mapped = stretches.reduce((sum, { length }) => sum + length, 0)
  if (mapped !== entry.storedBytes) throw new StoppedError('the map of a sparse file in it makes no sense')
  // A file that is too large to be looked into is hashed without its holes, for there may be exabytes of them.
  const fill = entry.sizeBytes > options.meter.limits.fileBytes ? () => undefined : zerosTo(add, options.meter)
  let at = 0
  for (const { offset, length } of stretches) {
    fill(offset - at)
    await copy(length, options.source, add)
    at = offset + length
  }
  fill(entry.sizeBytes - at)
}

function zerosTo(add: (piece: Uint8Array) => void, meter: Meter) {
  return (bytes: number): void => {
    for (let left = bytes; left > 0; left -= ZEROS.length) {
      const piece = ZEROS.subarray(0, left)
      meter.unpacked(piece.length)
      add(piece)
    }
  }
}

/** Holds what somebody wants to look into, as far as it may be held. */
class Keeper {
  readonly #sizeBytes: number
  readonly #options: ContentOptions
  #head: Uint8Array | undefined
  #kept: Uint8Array | undefined
  #length = 0
  #tooLarge: 'fileBytes' | 'memory' | undefined

  constructor(sizeBytes: number, options: ContentOptions) {
    this.#sizeBytes = sizeBytes
    this.#options = options
    if (options.wanted === 'ask' && sizeBytes > 0) this.#head = new Uint8Array(Math.min(HEAD_BYTES, sizeBytes))
    if (options.wanted === 'keep') this.#keep()
  }

  add(piece: Uint8Array): void {
    const rest = this.#head === undefined ? piece : piece.subarray(this.#fill(this.#head, piece))
    if (this.#head !== undefined && this.#length === this.#head.length) this.#decide(this.#head)
    if (this.#kept !== undefined) this.#fill(this.#kept, rest)
  }

  result(): Pick<EntryContent, 'bytes' | 'tooLarge'> {
    if (this.#tooLarge !== undefined) return { tooLarge: this.#tooLarge }
    return this.#kept === undefined ? {} : { bytes: this.#kept }
  }

  #fill(target: Uint8Array, piece: Uint8Array): number {
    const part = piece.subarray(0, target.length - this.#length)
    target.set(part, this.#length)
    this.#length += part.length
    return part.length
  }

  #decide(head: Uint8Array): void {
    this.#head = undefined
    this.#length = 0
    if (!this.#options.ask(head)) return
    this.#keep()
    if (this.#kept !== undefined) this.#fill(this.#kept, head)
  }

  /** Untouched pages cost nothing, so a size that is a lie costs no more than the bytes that came. */
  #keep(): void {
    const { meter } = this.#options
    if (this.#sizeBytes > meter.limits.fileBytes) this.#tooLarge = 'fileBytes'
    else if (!meter.hasMemoryFor(this.#sizeBytes)) this.#tooLarge = 'memory'
    else this.#kept = new Uint8Array(this.#sizeBytes)
  }
}
