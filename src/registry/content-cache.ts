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

  constructor(budgetBytes: number) {
    this.#entries = new Lru(budgetBytes)
  }

  get(digest: Digest): Uint8Array<ArrayBuffer> | undefined {
    return this.#entries.get(digest)
  }

  set(digest: Digest, content: Uint8Array<ArrayBuffer>): void {
    this.#entries.set(digest, content, content.byteLength + digest.length * 2)
  }
}
