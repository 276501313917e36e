import type { Digest } from '../oci/digest.ts'
import type { StorageKey } from '../storage/blob-store.ts'

/**
 * Where a blob goes: `sha256/ab/abcd….<generation>`. The generation (the upload's id) makes every stored copy a new
 * object, so removing an old one can never hit a new one; the rest lets `sha256sum` verify a file by hand.
 */
export function storageKeyOf(digest: Digest, generation: string): StorageKey {
  const [algorithm, hex] = digest.split(':')
  return `${algorithm}/${hex?.slice(0, 2)}/${hex}.${generation}`
}
