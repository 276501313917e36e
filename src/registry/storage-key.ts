import type { Digest } from '../oci/digest.ts'
import type { Registry } from './registry.ts'
import type { StorageKey } from '../storage/blob-store.ts'

/** Where the bytes of an upload will be, or are, once it is a blob. */
export function finalKey({ blobs }: Pick<Registry, 'blobs'>, uploadId: string, digest: Digest): StorageKey {
  return blobs.uploads.keyFor(uploadId, storageKeyOf(digest, uploadId))
}

/**
 * Where a blob goes: `sha256/ab/abcd….<generation>`. The generation (the upload's id) makes every stored copy a new
 * object, so removing an old one can never hit a new one; the rest lets `sha256sum` verify a file by hand.
 */
function storageKeyOf(digest: Digest, generation: string): StorageKey {
  const [algorithm, hex] = digest.split(':')
  return `${algorithm}/${hex?.slice(0, 2)}/${hex}.${generation}`
}

/** Which upload an object came from: an unfinished one may have been where it stays from its first byte. */
export function uploadOf(key: StorageKey): string {
  return key.split(/[/.]/).at(-1) ?? ''
}
