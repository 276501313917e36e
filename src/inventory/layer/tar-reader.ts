import type { EntryFacts } from '../layer-inventory.ts'
import type { ByteSource } from './byte-source.ts'
import type { Meter } from './meter.ts'
import { StoppedError } from './stopped.ts'
import { BLOCK, decimal, textField } from './tar-fields.ts'
import { isZeroBlock, parseTarHeader, type TarHeader } from './tar-header.ts'
import { type PaxRecords, parsePax } from './tar-pax.ts'
import { readSparseMap, type SparseMap } from './tar-sparse.ts'

export interface TarEntry {
  /** `0` file, `1` hard link, `2` symbolic link, `5` folder; everything else is something else. */
  readonly type: string
  readonly path: string
  readonly link: string
  readonly mode: number
  readonly facts: EntryFacts
  /** Of the file as it will be. */
  readonly sizeBytes: number
  /** Of its content in the tar, which the caller takes from the source before it asks for the next entry. */
  readonly storedBytes: number
  readonly sparse?: SparseMap
}

interface Before {
  readonly longPath: string | undefined
  readonly longLink: string | undefined
  /** Of the first header that speaks of the entry. */
  readonly offset: number
}

/** As Go's reader has it: more is no name any more. */
const MAX_SPECIAL_BYTES = 1024 ** 2
/** Of headers that only speak of the next one. */
const MAX_SPECIALS = 16
const NO_RECORDS: PaxRecords = new Map()

/** The entries of a tar, as Go's reader sees them, by which the container runtimes unpack. */
export class TarReader {
  readonly #source: ByteSource
  readonly #meter: Meter
  #padding = 0

  constructor(source: ByteSource, meter: Meter) {
    this.#source = source
    this.#meter = meter
  }

  /** `end`: of the archive, by its own word. Undefined: nothing comes any more. @throws StoppedError */
  async next(): Promise<TarEntry | 'end' | undefined> {
    let pax = NO_RECORDS
    let longPath: string | undefined
    let longLink: string | undefined
    await this.#skipPadding()
    const offset = this.#source.taken
    for (let specials = 0; specials <= MAX_SPECIALS; specials++) {
      const header = await this.#header()
      if (typeof header !== 'object' && specials > 0) break
      if (typeof header !== 'object') return header
      const { type } = header
      if (type === 'L') longPath = await this.#longName(header)
      else if (type === 'K') longLink = await this.#longName(header)
      else if (type === 'x') pax = await this.#records(header)
      else if (type === 'g') await this.#special(header)
      else return this.#entry(header, pax, { longPath, longLink, offset })
    }
    throw new StoppedError('a header of it speaks of no file')
  }

  async #header(): Promise<TarHeader | 'end' | undefined> {
    const block = this.#source.takeAllHere(BLOCK) ?? (await this.#source.take(BLOCK))
    if (block.length === 0) return undefined
    if (block.length < BLOCK) throw new StoppedError('it ends in the middle of a header')
    this.#meter.entry()
    if (isZeroBlock(block)) return 'end'
    const header = parseTarHeader(block)
    if (header === undefined) throw new StoppedError('a header of it is damaged, or it is no tar')
    return header
  }

  async #skipPadding(): Promise<void> {
    await this.#skip(this.#padding)
    this.#padding = 0
  }

  async #special({ sizeBytes }: TarHeader): Promise<Uint8Array> {
    if (sizeBytes > MAX_SPECIAL_BYTES) throw new StoppedError('a name in it is longer than 1 MiB')
    const content = (await this.#source.take(sizeBytes)).slice()
    if (content.length < sizeBytes) throw new StoppedError('it ends in the middle of a name')
    await this.#skip(paddingOf(sizeBytes))
    return content
  }

  async #longName(header: TarHeader): Promise<string> {
    const content = await this.#special(header)
    return textField(content, 0, content.length)
  }

  async #records(header: TarHeader): Promise<PaxRecords> {
    const records = parsePax(await this.#special(header))
    if (records === undefined) throw new StoppedError('a pax header of it is damaged')
    return records
  }

  async #entry(header: TarHeader, pax: PaxRecords, long: Before): Promise<TarEntry> {
    const sized = { ...header, sizeBytes: contentBytes(header, pax) }
    const map = await readSparseMap(sized, pax, this.#source)
    if (map === 'bad') throw new StoppedError('the map of a sparse file in it makes no sense')
    const sparse = map === 'plain' ? undefined : map
    const path = long.longPath ?? pax.get('GNU.sparse.name') ?? pax.get('path') ?? header.path
    this.#padding = paddingOf(sized.sizeBytes)
    return {
      type: typeOf(header.type, path),
      path,
      link: long.longLink ?? pax.get('linkpath') ?? header.link,
      mode: header.mode,
      facts: factsOf(header, pax, long.offset),
      sizeBytes: sparse?.sizeBytes ?? sized.sizeBytes,
      storedBytes: sized.sizeBytes - (sparse?.mapBytes ?? 0),
      ...(sparse === undefined ? {} : { sparse }),
    }
  }

  async #skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0;) {
      const piece = this.#source.takeHere(left)
      if (piece !== undefined) left -= piece.length
      else if (!(await this.#source.wait())) throw new StoppedError('it ends in the middle of a file')
    }
  }
}

/** Records win. Older than 1970, or with a fraction: it is the second that counts, and there is none before. */
function factsOf(header: TarHeader, pax: PaxRecords, offset: number): EntryFacts {
  const uid = decimal(pax.get('uid')) ?? header.uid
  const gid = decimal(pax.get('gid')) ?? header.gid
  const modified = decimal(pax.get('mtime')?.split('.', 1)[0]) ?? header.modified
  return {
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(modified !== undefined && { modified }),
    offset,
  }
}

/** A record of a size wins, except where there is no content at all. */
function contentBytes(header: TarHeader, pax: PaxRecords): number {
  const claimed = pax.get('size')
  if (claimed === undefined || (header.sizeBytes === 0 && '123456'.includes(header.type))) return header.sizeBytes
  const size = decimal(claimed)
  if (size === undefined) throw new StoppedError('a size in it makes no sense')
  return size
}

/** Old tars, and the oldest form of sparse files. */
function typeOf(type: string, path: string): string {
  if (type === 'S') return '0'
  return type === '0' && path.endsWith('/') ? '5' : type
}

function paddingOf(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK
}
