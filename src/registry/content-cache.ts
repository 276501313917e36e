import { Lru } from '../lib/lru.ts'
import type { Digest } from '../oci/digest.ts'

/** Blobs up to this size are kept in memory once read, and never sent from a file. */
export const SMALL_BLOB_BYTES = 64 * 1024

/**
 * Contents of manifests and small blobs, by digest. It can never be stale, because a digest names
 * one content for ever; and it grants nothing, because whether a repository has the content is asked of the database.
 */
export class ContentCache {
  readonly #entries: Lru<Digest, Uint8Array<ArrayBuffer>>
  hits = 0
  misses = 0

  constructor(budgetBytes: number) {
    this.#entries = new Lru(budgetBytes)
  }

  get(digest: Digest): Uint8Array<ArrayBuffer> | undefined {
    const found = this.#entries.get(digest)
    if (found === undefined) this.misses++
    else this.hits++
    return found
  }

  set(digest: Digest, content: Uint8Array<ArrayBuffer>): void {
    this.#entries.set(digest, content, content.byteLength + digest.length * 2)
  }
}
