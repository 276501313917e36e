import { type BlobRecord, findBlob } from '../metadata/blobs.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import { SMALL_BLOB_BYTES } from './content-cache.ts'
import type { Registry } from './registry.ts'

/** @throws OciError BLOB_UNKNOWN, also when only other repositories have it */
export async function findRepositoryBlob(
  registry: Registry,
  name: RepositoryName,
  digest: Digest,
): Promise<BlobRecord> {
  const blob = await registry.members.find(`${name}@${digest}`, () => findBlob(registry.database.reader, name, digest))
  if (blob === undefined) throw new OciError('BLOB_UNKNOWN', { detail: { digest } })
  return blob
}

/**
 * end-2, HEAD: a blob that can be served. One whose bytes are gone is answered as unknown, so that the client pushes it
 * again, which repairs it. @throws OciError BLOB_UNKNOWN
 */
export async function findSoundBlob(registry: Registry, name: RepositoryName, digest: Digest): Promise<BlobRecord> {
  const blob = await findRepositoryBlob(registry, name, digest)
  if (registry.cache.get(blob.storageKey) !== undefined) return blob
  const found = await registry.blobs.stat(blob.storageKey)
  if (found?.sizeBytes === blob.sizeBytes) return blob
  registry.onDamage(blob, found?.sizeBytes)
  throw new OciError('BLOB_UNKNOWN', { detail: { digest } })
}

/**
 * end-2, GET. The bytes, or the part of them; a large blob is opened and not read.
 * @throws Error when the stored bytes are missing or short: a damaged blob is never served as if it were whole
 */
export async function openBlob(
  registry: Registry,
  blob: BlobRecord,
  range?: ByteRange,
): Promise<Blob | Uint8Array<ArrayBuffer>> {
  const cached = registry.cache.get(blob.storageKey)
  if (cached !== undefined) return range === undefined ? cached : cached.subarray(range.start, range.end + 1)
  await checkStored(registry, blob)
  if (blob.sizeBytes > SMALL_BLOB_BYTES) return registry.blobs.open(blob.storageKey, range)
  const content = new Uint8Array(await registry.blobs.open(blob.storageKey).arrayBuffer())
  registry.cache.set(blob.storageKey, content)
  return range === undefined ? content : content.subarray(range.start, range.end + 1)
}

async function checkStored(registry: Registry, blob: BlobRecord): Promise<void> {
  const found = await registry.blobs.stat(blob.storageKey)
  if (found?.sizeBytes === blob.sizeBytes) return
  throw new Error(
    `blob ${blob.digest} should have ${blob.sizeBytes} bytes at ${blob.storageKey} and has ${found?.sizeBytes ?? 'none'}; run "berth fsck", push it again to repair it`,
  )
}
