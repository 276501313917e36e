import type { StorageKey } from '../blob-store.ts'

/**
 * The layout of a bucket, below the prefix:
 * ```
 * blobs/<storage key>          o/ab/<upload id> of what was uploaded; the bytes are sent there from the start
 * uploads/<id>/tail-<offset>   bytes behind the parts of an upload, too few to be one
 * probe                        for a moment
 * ```
 */
export class Names {
  readonly blobs: string
  readonly uploads: string
  readonly probe: string

  constructor(prefix: string) {
    this.blobs = `${prefix}blobs/`
    this.uploads = `${prefix}uploads/`
    this.probe = `${prefix}probe`
  }

  object(key: StorageKey): string {
    return this.blobs + key
  }

  /** Known before the digest is; an id is random, so that its first digits spread the keys. */
  storageKeyOf(id: string): StorageKey {
    // Anything but the id of an upload is the storage key that a `put` was writing when it died.
    return id.includes('/') ? id : `o/${id.slice(0, 2)}/${id}`
  }

  final(id: string): string {
    return this.object(this.storageKeyOf(id))
  }

  /** Whose bytes go to this key: the id of an upload, or the storage key of a `put`. */
  idOf(objectKey: string): string {
    const key = objectKey.slice(this.blobs.length)
    return /^o\/[^/]+\/([^/]+)$/.exec(key)?.[1] ?? key
  }

  tails(id: string): string {
    return `${this.uploads}${id}/`
  }

  tail(id: string, offset: number): string {
    return `${this.tails(id)}tail-${offset}`
  }

  parseTail(sideKey: string): { readonly id: string; readonly offset: number } | undefined {
    const match = /^(.+)\/tail-(\d+)$/.exec(sideKey.slice(this.uploads.length))
    return match?.[1] === undefined ? undefined : { id: match[1], offset: Number(match[2]) }
  }
}
