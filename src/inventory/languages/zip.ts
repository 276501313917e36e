import { inflateRawSync } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import type { AnalyzerLimits } from '../analyzer.ts'
import { NotUnderstood } from './text.ts'

/** What may still be spent on one file, with all the archives inside of it. */
export interface ArchiveBudget {
  bytes: number
  entries: number
}

export function budgetOf({ bytes, entries }: AnalyzerLimits): ArchiveBudget {
  return { bytes, entries }
}

/** An archive whose list of entries was read. Their content is read from the buffer, one at a time. */
export interface ZipArchive {
  readonly names: ReadonlyMap<string, Entry>
  /** The list goes on, or its end is broken. */
  readonly cut?: string
  read(entry: Entry, maxBytes: number): Promise<Buffer>
}

const STORED = 0
const DEFLATED = 8
const MAX_NAME = 4096

/** @throws NotUnderstood when it is no zip archive */
export async function openZip(bytes: Uint8Array, budget: ArchiveBudget): Promise<ZipArchive> {
  const buffer = withoutPrefix(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const zip = await openFile(buffer)
  const names = new Map<string, Entry>()
  let cut: string | undefined
  try {
    for await (const entry of zip.eachEntry()) {
      if (budget.entries-- <= 0) {
        cut = 'has more entries than are read'
        break
      }
      const name = nameOf(entry)
      // Of two of a name, Java reads the last; what is hidden behind it is in no class path.
      if (name !== undefined) names.set(name, entry)
    }
  } catch (error) {
    cut = `has a broken list of entries: ${wordsOf(error)}`
  }
  return {
    names,
    ...(cut !== undefined && { cut }),
    read: (entry, maxBytes) => read({ zip, buffer, budget }, entry, maxBytes),
  }
}

async function openFile(buffer: Buffer): Promise<ZipFile> {
  try {
    // Names are read here: one that is no path must not hide the others.
    return await fromBufferPromise(buffer, { lazyEntries: true, decodeStrings: false, autoClose: false })
  } catch (error) {
    throw new NotUnderstood(`is no zip archive: ${wordsOf(error)}`)
  }
}

function nameOf({ fileNameRaw }: Entry): string | undefined {
  return fileNameRaw.byteLength > MAX_NAME ? undefined : fileNameRaw.toString('utf8').replaceAll('\\', '/')
}

interface OpenZip {
  readonly zip: ZipFile
  readonly buffer: Buffer
  readonly budget: ArchiveBudget
}

/** Never unpacks more than the entry says it is, than it may be, or than is left to spend. */
async function read({ zip, buffer, budget }: OpenZip, entry: Entry, maxBytes: number): Promise<Buffer> {
  const { uncompressedSize, compressedSize, compressionMethod } = entry
  if (uncompressedSize > maxBytes) throw new NotUnderstood(`has an entry of ${uncompressedSize} bytes`)
  if (uncompressedSize > budget.bytes) throw new NotUnderstood('unpacks to more than is read')
  if (entry.isEncrypted()) throw new NotUnderstood('has an encrypted entry')
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
  const packed = buffer.subarray(fileDataStart, fileDataStart + compressedSize)
  budget.bytes -= uncompressedSize
  if (compressionMethod === STORED) return packed
  if (compressionMethod !== DEFLATED) throw new NotUnderstood(`has an entry packed by method ${compressionMethod}`)
  return uncompressedSize === 0 ? Buffer.alloc(0) : inflate(packed, uncompressedSize)
}

function inflate(packed: Uint8Array, sizeBytes: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: sizeBytes })
  } catch {
    throw new NotUnderstood('has an entry that is broken, or larger than it says')
  }
}

const END_OF_LIST = Buffer.from('PK\x05\x06', 'latin1')
const END_SIZE = 22

/** Programs that start themselves have a script before the archive, and places in it that do not count the script. */
function withoutPrefix(buffer: Buffer): Buffer {
  const end = buffer.lastIndexOf(END_OF_LIST)
  if (end < 0 || end + END_SIZE > buffer.byteLength) return buffer
  const listSize = buffer.readUInt32LE(end + 12)
  const listAt = buffer.readUInt32LE(end + 16)
  const prefix = end - listSize - listAt
  return listAt !== 0xffffffff && prefix > 0 ? buffer.subarray(prefix) : buffer
}

/** What a library says of hostile bytes, short. */
export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.slice(0, 100).replace(/\p{Cc}/gu, ' ')
}
