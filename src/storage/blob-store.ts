import type { ByteRange } from '../oci/range.ts'

/** Where bytes lie in a store. Opaque: the metadata maps a digest to its key. */
export type StorageKey = string

export interface StoredObject {
  readonly key: StorageKey
  readonly sizeBytes: number
  /** When it was put there; earlier only where a store cannot tell. */
  readonly modifiedAt: Date
}

export interface Room {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Bytes by storage key. Knows nothing of repositories, users or HTTP. */
export interface BlobStore {
  stat(key: StorageKey): Promise<{ readonly sizeBytes: number } | undefined>
  /** Lazy: nothing is read before the blob is. The range must lie within the object. */
  open(key: StorageKey, range?: ByteRange): Blob
  /** A URL that serves the object without us for `ttlMs`, or undefined: stream it yourself. */
  directUrl(key: StorageKey, ttlMs: number): Promise<URL | undefined>
  /** Idempotent. */
  delete(key: StorageKey): Promise<void>
  /** Everything stored; for fsck and the sweep of orphans. */
  list(): AsyncIterable<StoredObject>
  /** Whether a byte can be written and made durable right now; throws what is wrong if not. */
  probe(): Promise<void>
  /** What is left for everybody together, as `df` counts it; undefined where there is no end to it, or nobody knows. */
  room(): Promise<Room | undefined>
  readonly uploads: UploadArea
}

export interface StoredUpload {
  readonly id: string
  readonly sizeBytes: number
  /** When bytes were last added. */
  readonly modifiedAt: Date
}

/** Bytes that have no digest yet. The caller lets only one writer at a time at an upload. */
export interface UploadArea {
  start(id: string): Promise<void>
  /** The bytes held, which is the true offset also after a crash; undefined for an unknown upload. */
  size(id: string): Promise<number | undefined>
  /**
   * Writes the body at `offset` and returns the new size. When the body or the store fails on the way, what was
   * written stays and `size` tells how much.
   */
  append(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<number>
  /** Makes an upload that holds all of another object, without moving its bytes where the disk can share them. */
  copyIn(id: string, content: Blob): Promise<number>
  /** Cuts an upload back to a size, to undo a chunk that was refused after it had arrived. */
  truncate(id: string, sizeBytes: number): Promise<void>
  read(id: string): Blob
  /** Makes the bytes durable under their key; when it returns they survive a power cut. The upload is gone then. */
  commit(id: string, key: StorageKey): Promise<void>
  /** Idempotent. */
  abort(id: string): Promise<void>
  list(): AsyncIterable<StoredUpload>
}
