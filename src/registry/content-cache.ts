import { Lru } from '../lib/lru.ts'

/** Blobs up to this size are kept in memory once read. */
export const SMALL_BLOB_BYTES = 64 * 1024

/**
 * Contents of manifests and small blobs, by digest or storage key. It can never be stale, because a key names one
 * content for ever; and it grants nothing, because whether a repository has the content is asked of the database.
 */
export class ContentCache {
  readonly #entries: Lru<string, Uint8Array<ArrayBuffer>>

  constructor(budgetBytes: number) {
    this.#entries = new Lru(budgetBytes)
  }

  get(key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#entries.get(key)
  }

  set(key: string, content: Uint8Array<ArrayBuffer>): void {
    this.#entries.set(key, content, content.byteLength + key.length * 2)
  }
}
