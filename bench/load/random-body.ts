import { createHash, randomFillSync } from 'node:crypto'

const BLOCK = 16 * 1024 * 1024

/** A body ready to send, its digest known beforehand so that no timed section hashes. */
export interface Body {
  readonly digest: string
  readonly size: number
  readonly pieces: readonly Uint8Array[]
}

/** Makes bodies of one size that share their random bulk and differ in their first bytes: unique, and cheap to hold. */
export function bodyMaker(size: number): () => Body {
  const block = randomFillSync(new Uint8Array(Math.min(size, BLOCK)))
  const bulk: Uint8Array[] = []
  for (let left = size; left > 0; left -= block.length) bulk.push(left < block.length ? block.subarray(0, left) : block)
  const first = bulk[0] ?? block
  return () => {
    const nonce = randomFillSync(new Uint8Array(Math.min(64, size)))
    const pieces = [nonce, first.subarray(nonce.length), ...bulk.slice(1)].filter((piece) => piece.length > 0)
    const hash = createHash('sha256')
    for (const piece of pieces) hash.update(piece)
    return { digest: `sha256:${hash.digest('hex')}`, size, pieces }
  }
}
