import { type BlobRecord, findBlob, type HeldBlob, readSmallBlob } from '../metadata/blobs.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import type { Content, StorageKey } from '../storage/blob-store.ts'
import { unlessDamaged } from '../storage/damaged-object.ts'
import { SMALL_BLOB_BYTES } from './content-cache.ts'
import type { Registry } from './registry.ts'
import { digestOfBytes } from './running-hashes.ts'

/** @throws OciError BLOB_UNKNOWN, also when only other repositories have it */
export async function findRepositoryBlob(registry: Registry, name: RepositoryName, digest: Digest): Promise<HeldBlob> {
  const blob = await registry.members.find(`${name}@${digest}`, () => findBlob(registry.database.reader, name, digest))
  if (blob === undefined) throw new OciError('BLOB_UNKNOWN', { detail: { digest } })
  if (blob.damaged) throw damaged(digest)
  return blob
}

/** As good as missing: a client that pushes it again repairs it. */
function damaged(digest: Digest): OciError {
  return new OciError('BLOB_UNKNOWN', {
    message: 'the stored bytes of this blob are damaged, so they are not served; push it again to repair it',
    detail: { digest, reason: 'damaged' },
  })
}

/**
 * end-2, HEAD: a blob that can be served. One whose bytes are gone is answered as unknown, so that the client pushes it
 * again, which repairs it. @throws OciError BLOB_UNKNOWN
 */
export async function findSoundBlob(registry: Registry, name: RepositoryName, digest: Digest): Promise<HeldBlob> {
  const blob = await findRepositoryBlob(registry, name, digest)
  if (await isSound(registry, blob)) return blob
  throw new OciError('BLOB_UNKNOWN', { detail: { digest } })
}

/**
 * end-2, GET. The bytes, or the part of them; a large blob is opened and not read.
 * @throws OciError BLOB_UNKNOWN when the stored bytes are missing, short or, of a small blob, changed: it is never served as
 * if it were whole
 */
export async function openBlob(
  registry: Registry,
  blob: BlobRecord,
  range?: ByteRange,
): Promise<Content | Uint8Array<ArrayBuffer>> {
  if (blob.sizeBytes > SMALL_BLOB_BYTES && blob.storageKey !== undefined) {
    const content = await openSound(registry, blob.storageKey, blob, range)
    if (content !== undefined && (await beginsSound(registry, blob, content))) return content
    throw damaged(blob.digest)
  }
  const content = registry.cache.get(blob.digest) ?? (await readWhole(registry, blob))
  return range === undefined ? content : content.subarray(range.start, range.end + 1)
}

/** What is met after the answer was begun breaks it off; the next pull is told that the blob is damaged. */
async function beginsSound(registry: Registry, blob: BlobRecord, content: Content): Promise<boolean> {
  const tell = () => registry.onDamage(blob, blob.sizeBytes)
  const beginning = content.begin?.(() => void tell())
  if (beginning === undefined) return true
  return unlessDamaged(
    beginning.then(() => true),
    async () => {
      await tell()
      return false
    },
  )
}

async function readWhole(registry: Registry, blob: BlobRecord): Promise<Uint8Array<ArrayBuffer>> {
  const content = await readStored(registry, blob)
  if (content?.byteLength !== blob.sizeBytes || digestOfBytes(blob.digest, content) !== blob.digest) {
    await registry.onDamage(blob, content?.byteLength)
    throw damaged(blob.digest)
  }
  registry.cache.set(blob.digest, content)
  return content
}

async function readStored(registry: Registry, blob: BlobRecord): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (blob.storageKey === undefined) {
    const row = await readSmallBlob(registry.database.reader, blob.digest)
    return row && new Uint8Array(row)
  }
  const content = await openSound(registry, blob.storageKey, blob)
  const bytes = content && (await unlessDamaged(content.arrayBuffer(), () => undefined))
  return bytes && new Uint8Array(bytes)
}

/** Undefined unless the store has as many bytes as the row says. */
async function openSound(
  registry: Registry,
  key: StorageKey,
  blob: BlobRecord,
  range?: ByteRange,
): Promise<Content | undefined> {
  const found = await registry.blobs.open(key, range)
  if (found?.sizeBytes === blob.sizeBytes) return found.content
  await found?.content.stream().cancel()
  await registry.onDamage(blob, found?.sizeBytes)
  return undefined
}

/** Whether the store has as many bytes as the row says. */
async function isSound(registry: Registry, blob: BlobRecord): Promise<boolean> {
  if (blob.storageKey === undefined) return true
  const found = await registry.blobs.stat(blob.storageKey)
  if (found?.sizeBytes === blob.sizeBytes) return true
  await registry.onDamage(blob, found?.sizeBytes)
  return false
}
