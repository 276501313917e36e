import { createHash, randomFillSync } from 'node:crypto'

const BLOCK = 16 * 1024 * 1024
const NONCE = 64

/** A body ready to send, its digest known beforehand so that no timed section hashes. */
export interface Body {
  readonly digest: string
  readonly size: number
  readonly pieces: readonly Uint8Array[]
}

/** Makes bodies of one size that share their random bulk and differ in their first bytes: unique, and cheap to hold. */
export function bodyMaker(size: number): () => Body {
  const bulk = bulkOf(size)
  return () => newBody(bulk, size)
}

/** Random bytes for bodies of this size and less: some, repeated. */
export function bulkOf(size: number): readonly Uint8Array[] {
  const block = randomFillSync(new Uint8Array(Math.min(size, BLOCK)))
  const bulk: Uint8Array[] = []
  for (let left = size; left > 0; left -= block.length) bulk.push(left < block.length ? block.subarray(0, left) : block)
  return bulk
}

/** One whose first bytes nobody has seen. */
export function newBody(bulk: readonly Uint8Array[], size: number): Body {
  const pieces: Uint8Array[] = [randomFillSync(new Uint8Array(Math.min(NONCE, size)))]
  let at = 0
  for (const piece of bulk) {
    const part = piece.subarray(at === 0 ? NONCE : 0, Math.max(0, size - at))
    if (part.length > 0) pieces.push(part)
    at += piece.length
  }
  return hashed(pieces, size)
}

export function bodyOf(text: string): Body {
  const bytes = new TextEncoder().encode(text)
  return hashed([bytes], bytes.length)
}

function hashed(pieces: readonly Uint8Array[], size: number): Body {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return { digest: `sha256:${hash.digest('hex')}`, size, pieces }
}
