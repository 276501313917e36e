import type { Digest } from '../oci/digest.ts'
import type { ByteRange } from '../oci/range.ts'
import type { ByteReader } from './byte-reader.ts'

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

/** Bytes to be read, once. Nothing is read before somebody does. */
export interface Content {
  stream(): ReadableStream<Uint8Array>
  arrayBuffer(): Promise<ArrayBuffer>
  /**
   * Of stores that can tell while they read. Reads the first bytes, so that damage there is known before an answer is
   * begun; of damage that is met later `onDamage` is told, and the reader gets the error. @throws DamagedObjectError
   */
  begin?(onDamage: () => void): Promise<void>
}

export interface OpenedObject {
  /** Of the whole object, whatever range was asked for. */
  readonly sizeBytes: number
  /** A `Blob` where the runtime can send it by itself (a file); read it or `cancel` its stream. */
  readonly content: Content
}

/** Trees of other registries below a store, whose files it serves and never changes. */
export interface AdoptedObjects {
  /** Their names in the configuration. */
  readonly places: readonly string[]
  /** Everything that is stored there; a digest may come more than once. */
  list(): AsyncIterable<{ readonly digest: Digest; readonly key: StorageKey; readonly sizeBytes: number }>
}

/** Bytes by storage key. Knows nothing of repositories, users or HTTP. */
export interface BlobStore {
  stat(key: StorageKey): Promise<{ readonly sizeBytes: number } | undefined>
  /** Undefined: it is not there. A range must lie within what the caller believes is the object. */
  open(key: StorageKey, range?: ByteRange): Promise<OpenedObject | undefined>
  /** Stores a whole object under a key that nobody uses, durably; when it fails nothing is there. Returns its size. */
  put(key: StorageKey, content: Content): Promise<number>
  /** A URL that serves the object without us for `ttlMs`, or undefined: stream it yourself. */
  directUrl(key: StorageKey, ttlMs: number): Promise<URL | undefined>
  /** Idempotent. */
  delete(key: StorageKey): Promise<void>
  /** Everything stored, or what of it has keys in that folder (`recovery/`), which costs no more than what is there. */
  list(folder?: string): AsyncIterable<StoredObject>
  /** Whether a byte can be written and made durable right now; throws what is wrong if not. */
  probe(): Promise<void>
  /** What is left for everybody together, as `df` counts it; undefined where there is no end to it, or nobody knows. */
  room(): Promise<Room | undefined>
  readonly uploads: UploadArea
  readonly adopted?: AdoptedObjects
}

/** So much of what `append` has taken may not be written yet. */
export const FOLLOW_BEHIND_BYTES = 4 * 1024 * 1024

export interface StoredUpload {
  readonly id: string
  readonly sizeBytes: number
  /** When bytes were last added. */
  readonly modifiedAt: Date
}

/** Bytes that have no digest yet. The caller lets only one writer at a time at an upload. */
export interface UploadArea {
  /**
   * Where the bytes of an upload will be: `wanted`, unless the store has to decide before a digest is known. The same
   * answer in every process.
   */
  keyFor(id: string, wanted: StorageKey): StorageKey
  start(id: string): Promise<void>
  /** The bytes held, which is the true offset also after a crash; undefined for an unknown upload. */
  size(id: string): Promise<number | undefined>
  /**
   * Writes the body at `offset` and returns the new size. When the body or the store fails on the way, what was
   * written stays and `size` tells how much. With `last` the caller reads, commits or aborts next in this process, so
   * that bytes in memory need not be stored before.
   */
  append(id: string, offset: number, body: AsyncIterable<Uint8Array>, options?: { last?: boolean }): Promise<number>
  /** Cuts an upload back to a size, to undo a chunk that was refused after it had arrived. */
  truncate(id: string, sizeBytes: number): Promise<void>
  /** What was received so far. A store that cannot read an upload before it is whole makes it whole. */
  read(id: string): Promise<Content>
  /**
   * What is being written, to be read meanwhile, where the store can: up to `FOLLOW_BEHIND_BYTES` behind what `append` has
   * taken. Undefined: it is not there, or not as it came. It stays readable when the upload is over.
   */
  follow?(id: string): ByteReader | undefined
  /** Makes the bytes durable under what `keyFor` said; when it returns they survive a power cut. The upload is gone then. */
  commit(id: string, key: StorageKey): Promise<void>
  /** Nothing of an upload that was never committed is left. Idempotent. */
  abort(id: string): Promise<void>
  /** Removes what is on its way by that name, whatever became of the upload: an object that was committed stays. */
  sweep(id: string): Promise<void>
  /** Another process has written to it since: what this one remembers of it is wrong. */
  forget(id: string): void
  list(): AsyncIterable<StoredUpload>
}
