import { closeSync, openSync, readSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { type Entry, fromFd, type ZipFile } from 'yauzl'
import { MAX_RECORD_BYTES } from './osv-record.ts'

/** What an export may be at most. The largest real one has less than half a million records. */
const MAX_ENTRIES = 3_000_000
const MAX_TOTAL_BYTES = 64 * 1024 ** 3
/** Text of this kind shrinks to a tenth. */
const MAX_RATIO = 200
const RATIO_FROM_BYTES = 64 * 1024 ** 2

/** A zip that is none, that is broken, or that is larger inside than any real one. */
export class BadExport extends Error {}

/** The texts of an export's JSON files, one at a time; names in the archive are never names of files here. @throws BadExport */
export async function* zipRecords(path: string): AsyncGenerator<string> {
  const fd = openSync(path, 'r')
  try {
    yield* entriesOf(await openZip(fd), fd)
  } catch (error) {
    if (error instanceof BadExport) throw error
    throw new BadExport('it is no zip archive, or a broken one', { cause: error })
  } finally {
    closeSync(fd)
  }
}

function openZip(fd: number): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    // We close the file ourselves; names are only looked at.
    fromFd(fd, { lazyEntries: true, autoClose: false, decodeStrings: false }, (error, zip) => {
      if (error) reject(error)
      else resolve(zip)
    })
  })
}

async function* entriesOf(zip: ZipFile, fd: number): AsyncGenerator<string> {
  if (zip.entryCount > MAX_ENTRIES) throw new BadExport(`it has more than ${MAX_ENTRIES} files in it`)
  let packed = 0
  let unpacked = 0
  let seen = 0
  for (;;) {
    const entry = await nextEntry(zip)
    if (entry === undefined) return
    // Zip64 can count further than its own field says.
    if (++seen > MAX_ENTRIES) throw new BadExport(`it has more than ${MAX_ENTRIES} files in it`)
    if (!nameOf(entry).endsWith('.json')) continue
    const bytes = await readEntry(zip, entry, fd)
    packed += entry.compressedSize
    unpacked += bytes.byteLength
    const isBomb = unpacked > RATIO_FROM_BYTES && unpacked > packed * MAX_RATIO
    if (unpacked > MAX_TOTAL_BYTES || isBomb) throw new BadExport('it is much larger unpacked than packed')
    yield bytes.toString('utf8')
  }
}

function nameOf({ fileName }: Entry): string {
  return Buffer.isBuffer(fileName) ? fileName.toString('utf8') : fileName
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (work: () => void) => {
      zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error')
      work()
    }
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry)))
    zip.once('end', () => settle(() => resolve(undefined)))
    zip.once('error', (error: Error) => settle(() => reject(error)))
    zip.readEntry()
  })
}

async function readEntry(zip: ZipFile, entry: Entry, fd: number): Promise<Buffer> {
  const { compressionMethod, compressedSize, uncompressedSize } = entry
  if (entry.isEncrypted() || (compressionMethod !== 0 && compressionMethod !== 8))
    throw new BadExport('a file in it is encrypted, or packed in a way that no export is')
  if (compressedSize > MAX_RECORD_BYTES || uncompressedSize > MAX_RECORD_BYTES)
    throw new BadExport(`a record in it has more than ${MAX_RECORD_BYTES} bytes`)
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
  const packed = Buffer.allocUnsafe(compressedSize)
  if (readSync(fd, packed, 0, compressedSize, fileDataStart) !== compressedSize)
    throw new BadExport('its end is missing')
  // What unpacks to more than was announced is an error of zlib's.
  const bytes = compressionMethod === 0 ? packed : inflateRawSync(packed, { maxOutputLength: uncompressedSize + 1 })
  if (bytes.byteLength !== uncompressedSize) throw new BadExport('a file in it has another size than announced')
  return bytes
}
