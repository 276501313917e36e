import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { Breaths } from '../lib/breaths.ts'
import { failpoint } from '../lib/failpoint.ts'
import { epochOf, RECOVERY_FOLDER, recoveryKey } from '../registry/recovery-keys.ts'
import type { BlobStore, StorageKey } from '../storage/blob-store.ts'
import { decodeRecord, encodeRecord, type LogRecord } from './records.ts'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Of the text of one piece: what is held in memory at once. */
const PIECE_BYTES = 1024 * 1024

/** An object of the log. */
export interface Piece {
  readonly key: StorageKey
  readonly epoch: string
  /** Everything up to this row of the audit is in it or before it. */
  readonly through: number
  /** Which checkpoint it is part of. */
  readonly checkpoint: string | undefined
  /** Whether it is the last of its checkpoint, which is whole then. */
  readonly isEnd: boolean
  readonly sizeBytes: number
}

export type PieceName = Pick<Piece, 'epoch' | 'through' | 'checkpoint'>

/** Names sort by what they know: row of the audit first, a checkpoint after the log that led to it. */
function nameOf({ through, checkpoint }: PieceName, part: number, isEnd: boolean, hash: string): string {
  const kind = checkpoint === undefined ? 'log' : `snap-${checkpoint}`
  return `${pad(through, 16)}-${kind}-${pad(part, 6)}-${isEnd ? 'end' : 'part'}-${hash}.ndjson.gz`
}

const NAME = /\/(\d{16})-(?:log|snap-([0-9a-f]+))-(\d{6})-(end|part)-([0-9a-f]{32})\.ndjson\.gz$/

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

/** Every piece in the store, in the order in which they are to be read. */
export async function listPieces(blobs: BlobStore): Promise<Piece[]> {
  const pieces: Piece[] = []
  for await (const { key, sizeBytes } of blobs.list(RECOVERY_FOLDER)) {
    const match = NAME.exec(key)
    if (match === null) continue
    const [, through, checkpoint, , end] = match
    pieces.push({ key, epoch: epochOf(key), through: Number(through), checkpoint, isEnd: end === 'end', sizeBytes })
  }
  return pieces.sort((a, b) => (a.key < b.key ? -1 : 1))
}

export interface Written {
  readonly pieces: number
  readonly bytes: number
}

/** Writes records as pieces that survive a power cut. `afterEach` may take its time: nothing is held meanwhile. */
export async function writePieces(
  blobs: BlobStore,
  name: PieceName,
  records: AsyncIterable<LogRecord>,
  afterEach: () => Promise<void> = async () => undefined,
): Promise<Written> {
  let [pieces, bytes] = [0, 0]
  let lines: string[] = []
  let length = 0
  const flush = async (isEnd: boolean) => {
    if (lines.length === 0) return
    const text = lines.join('')
    lines = []
    length = 0
    bytes += await writePiece(blobs, name, { part: pieces, isEnd, text })
    pieces++
    await afterEach()
  }
  const breaths = new Breaths()
  for await (const record of records) {
    await breaths.take()
    if (record.type === 'end') {
      await flush(false)
      lines.push(encodeRecord({ ...record, pieces: pieces + 1 }))
      await flush(true)
      continue
    }
    const line = encodeRecord(record)
    if (length + line.length > PIECE_BYTES) await flush(false)
    lines.push(line)
    length += line.length
  }
  await flush(false)
  return { pieces, bytes }
}

async function writePiece(
  blobs: BlobStore,
  name: PieceName,
  { part, isEnd, text }: { readonly part: number; readonly isEnd: boolean; readonly text: string },
): Promise<number> {
  const content = await compress(text)
  const key = recoveryKey(name.epoch, nameOf(name, part, isEnd, hashOf(content)))
  failpoint('recovery.before-commit')
  await blobs.put(key, new Blob([content]))
  failpoint('recovery.after-commit')
  return content.byteLength
}

/** @throws Error when the stored bytes are not those that were written */
export async function readPiece(blobs: BlobStore, { key }: Piece): Promise<LogRecord[]> {
  const found = await blobs.open(key)
  if (found === undefined) throw new Error('it is gone')
  const content = new Uint8Array(await found.content.arrayBuffer())
  if (hashOf(content) !== NAME.exec(key)?.[5]) throw new Error('its bytes have changed')
  const text = (await decompress(content)).toString('utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [decodeRecord(line)]))
}

/** Enough of a SHA-256 to notice damage. */
function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}
