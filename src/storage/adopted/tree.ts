import type { ByteRange } from '../../oci/range.ts'
import type { OpenedObject } from '../blob-store.ts'

export interface TreeEntry {
  readonly name: string
  readonly isFolder: boolean
  /** A symbolic link, which is not followed. */
  readonly isLink?: boolean
}

export interface TreeFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly modifiedAt: Date
}

/**
 * Files of another registry, which are its own: there is no way to write here. Paths have slashes between their parts and
 * none in front; what is not there is undefined.
 */
export interface Tree {
  /** For people, without credentials. */
  readonly label: string
  /** Whether there is such a place at all. @throws PlaceAway */
  requireThere(): Promise<void>
  stat(path: string): Promise<{ readonly sizeBytes: number } | undefined>
  /** Whether no symbolic link leads from one folder to another below it. */
  isDirect(from: string, path: string): Promise<boolean>
  /** A whole file. Of one that is larger than this only so much is read. */
  read(path: string, maxBytes: number): Promise<TreeFile | undefined>
  /** What lies directly in a folder, in no order; nothing where there is no such folder. */
  entries(path: string): AsyncIterable<TreeEntry>
  open(path: string, range?: ByteRange): Promise<OpenedObject | undefined>
  /** As `BlobStore` has it. */
  directUrl(path: string, ttlMs: number): Promise<URL | undefined>
}
