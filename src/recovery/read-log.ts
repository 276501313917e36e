import type { BlobStore } from '../storage/blob-store.ts'
import { listPieces, type Piece, readPiece } from './piece.ts'
import type { LogRecord } from './records.ts'

/** What is to be read of the logs in a store, in order. */
export interface FoundLog {
  readonly pieces: readonly Piece[]
  /** What is missing or damaged of it, for people. */
  readonly problems: readonly string[]
}

/**
 * Of each epoch the newest whole checkpoint and what follows it; without a checkpoint, all there is. Epochs that a
 * checkpoint took the place of are left out.
 */
export async function findLog(blobs: BlobStore): Promise<FoundLog> {
  const all = await listPieces(blobs)
  const problems: string[] = []
  const replaced = new Set<string>()
  const starts = new Map<string, Piece>()
  for (const piece of all.filter(({ isEnd }) => isEnd)) {
    const end = (await readPiece(blobs, piece).catch(() => [])).at(-1)
    if (end?.type !== 'end') continue
    const parts = all.filter(({ epoch, checkpoint }) => epoch === piece.epoch && checkpoint === piece.checkpoint)
    if (parts.length < end.pieces) problems.push(`${end.pieces - parts.length} pieces of a checkpoint are missing`)
    starts.set(piece.epoch, piece)
    for (const epoch of end.replaces) replaced.add(epoch)
  }
  const pieces = all.filter((piece) => {
    const start = starts.get(piece.epoch)
    if (replaced.has(piece.epoch)) return false
    return start === undefined || piece.checkpoint === start.checkpoint || piece.through >= start.through
  })
  return { pieces, problems }
}

/** Each record with its place, which is the same whenever the log is read. Pieces that are damaged are left out. */
export async function* readLog(
  blobs: BlobStore,
  pieces: readonly Piece[],
  damaged: (problem: string) => void = () => undefined,
): AsyncGenerator<{ readonly place: number; readonly record: LogRecord }> {
  for (const [index, piece] of pieces.entries()) {
    const records = await readPiece(blobs, piece).catch((error: unknown) => {
      damaged(`${piece.key}: ${error instanceof Error ? error.message : String(error)}`)
      return []
    })
    for (const [line, record] of records.entries()) yield { place: index * LINES_PER_PIECE + line, record }
  }
}

const LINES_PER_PIECE = 2 ** 24
