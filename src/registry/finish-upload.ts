import { randomId } from '../lib/ids.ts'
import { addBlob, type BlobRecord, findBlob, findStoredBlob, linkBlob, replaceStorageKey } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { ensureRepository } from '../metadata/repositories.ts'
import {
  acquireWriter,
  addFinalisingUpload,
  findUpload,
  moveUpload,
  removeUpload,
  type UploadIdentity,
} from '../metadata/uploads.ts'
import { algorithmOf, type Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { checkGuards } from './operation.ts'
import type { Registry } from './registry.ts'
import { computeDigest, digestOf } from './running-hashes.ts'
import { storageKeyOf } from './storage-key.ts'
import { appendChunk, asWriter, type Chunk, refusal, release, unknownUpload } from './upload-blob.ts'

/** end-6. Takes a last chunk, if any, and turns the upload into a blob. When it returns, the blob survives a power cut. */
export async function finishUpload(
  registry: Registry,
  upload: UploadIdentity,
  digest: Digest,
  chunk: Chunk,
): Promise<void> {
  return asWriter(registry, upload, async () => {
    const hold = { writer: registry.instance, now: registry.clock.now(), digest }
    const taken = await registry.database.writeRelaxed((tx) => acquireWriter(tx, upload, hold))
    if (!taken && (await isFinished(registry, upload, digest))) return
    if (!taken) throw await refusal(registry, upload)
    const sizeBytes = await appendChunk(registry, upload, chunk).catch(async (error: unknown) => {
      await release(registry, upload, 'finalising')
      throw error
    })
    await finalise(registry, upload, { digest, sizeBytes })
  })
}

/** The 201 of an earlier PUT may have been lost on its way: while the blob is there, the same answer again is harmless. */
async function isFinished(registry: Registry, upload: UploadIdentity, digest: Digest): Promise<boolean> {
  const record = await findUpload(registry.database.reader, upload)
  if (record?.state !== 'done' || record.digest !== digest) return false
  return (await findBlob(registry.database.reader, upload.repository, digest)) !== undefined
}

/** end-4b. A whole blob in one request. */
export async function uploadWhole(
  registry: Registry,
  owner: Omit<UploadIdentity, 'id'>,
  digest: Digest,
  chunk: Chunk,
): Promise<void> {
  const upload = { ...owner, id: randomId() }
  await registry.blobs.uploads.start(upload.id)
  await registry.database.writeRelaxed((tx) =>
    addFinalisingUpload(tx, upload, { writer: registry.instance, now: registry.clock.now(), digest }),
  )
  registry.hashes.start(upload.id, algorithmOf(digest))
  let size: number
  try {
    size = await appendChunk(registry, upload, chunk)
  } catch (error) {
    await discard(registry, upload)
    throw error
  }
  await finalise(registry, upload, { digest, sizeBytes: size })
}

/** From here on a failure ends the upload: after a failed fsync nobody knows what its bytes are. */
async function finalise(
  registry: Registry,
  upload: UploadIdentity,
  blob: Pick<BlobRecord, 'digest' | 'sizeBytes'>,
): Promise<void> {
  const record = { ...blob, storageKey: storageKeyOf(blob.digest, upload.id) }
  let kept: boolean
  try {
    await verify(registry, upload, blob)
    kept = await commit(registry, upload, record)
  } catch (error) {
    // Should this fail too, the row keeps naming this process, and the next start or writer puts it in order.
    await discard(registry, upload, record.storageKey).catch(() => undefined)
    throw error
  }
  // The blob is committed: what is left over of this upload is only litter, and no reason to answer with an error.
  if (!kept) await removeBytes(registry, upload, record.storageKey).catch(() => undefined)
}

async function verify(
  registry: Registry,
  upload: UploadIdentity,
  { digest, sizeBytes }: Pick<BlobRecord, 'digest' | 'sizeBytes'>,
): Promise<void> {
  const hash = registry.hashes.take(upload.id, sizeBytes)
  const actual =
    hash?.algorithm === algorithmOf(digest)
      ? digestOf(hash)
      : await computeDigest(registry.blobs.uploads.read(upload.id), digest)
  if (actual === digest) return
  throw new OciError('DIGEST_INVALID', {
    message: 'the content received has another digest; the upload was discarded, start again',
    detail: { digest, received: actual, sizeBytes },
  })
}

/**
 * The object first, its row second: a crash in between leaves an object that nobody sees. Returns false when the same
 * content was stored already, so that our copy is not needed.
 */
async function commit(registry: Registry, upload: UploadIdentity, blob: BlobRecord): Promise<boolean> {
  const existing = await findStoredBlob(registry.database.reader, blob.digest)
  const sound = existing !== undefined && (await hasBytes(registry, existing))
  if (!sound) await registry.blobs.uploads.commit(upload.id, blob.storageKey)
  return registry.database.write(async (tx) => {
    const now = registry.clock.now()
    await checkGuards(registry.guards, { type: 'push-blob', repository: upload.repository, ...blob }, tx)
    const repository = await ensureRepository(tx, upload.repository, now)
    const kept = !sound && (await store(tx, blob, { damagedKey: existing?.storageKey, now }))
    await linkBlob(tx, repository, blob.digest, now)
    const done = await moveUpload(tx, upload.id, { from: 'finalising', to: 'done', digest: blob.digest, now })
    if (!done) throw unknownUpload()
    return kept
  })
}

async function hasBytes(registry: Registry, blob: BlobRecord): Promise<boolean> {
  const found = await registry.blobs.stat(blob.storageKey)
  return found?.sizeBytes === blob.sizeBytes
}

/** Returns false when another upload of the same content was quicker. A damaged object is replaced by ours. */
async function store(
  tx: Transaction,
  blob: BlobRecord,
  { damagedKey, now }: { damagedKey: string | undefined; now: Date },
): Promise<boolean> {
  if (await addBlob(tx, blob, now)) return true
  const existing = await findStoredBlob(tx, blob.digest)
  if (existing?.storageKey !== damagedKey) return false
  await replaceStorageKey(tx, blob)
  return true
}

/** The row first: when that fails, or the commit went through after all, the bytes stay. */
async function discard(registry: Registry, upload: UploadIdentity, storageKey?: string): Promise<void> {
  registry.hashes.forget(upload.id)
  const removed = await registry.database.writeRelaxed((tx) => removeUpload(tx, upload.id, 'finalising'))
  if (removed) await removeBytes(registry, upload, storageKey)
}

async function removeBytes(registry: Registry, upload: UploadIdentity, storageKey: string | undefined): Promise<void> {
  await registry.blobs.uploads.abort(upload.id)
  if (storageKey !== undefined) await registry.blobs.delete(storageKey)
}
