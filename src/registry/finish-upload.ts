import type { Actor } from '../lib/actor.ts'
import { randomId } from '../lib/ids.ts'
import { holdsBlob, linkBlob } from '../metadata/blob-links.ts'
import { addBlob, type BlobRecord, findBlob, findStoredBlob, type NewBlob, replaceBlob } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { ensureRepository } from '../metadata/repositories.ts'
import { addTrash } from '../metadata/trash.ts'
import { addFinalisingUpload, findUpload, moveUpload, removeUpload, type UploadIdentity } from '../metadata/uploads.ts'
import { algorithmOf, type Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { Gathered } from './gathered.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'
import { computeDigest, digestOf, digestOfBytes } from './running-hashes.ts'
import { finalKey } from './storage-key.ts'
import { appendChunk, asWriter, type Chunk, refusal, release, takeUpload, unknownUpload } from './upload-blob.ts'

/** Blobs up to this size go into a row: one sync of the database's log makes them durable (docs/adr/0005). */
const ROW_BLOB_BYTES = 16 * 1024

function gatheredOf({ declaredBytes }: Chunk): Gathered | undefined {
  return declaredBytes !== undefined && declaredBytes <= ROW_BLOB_BYTES ? new Gathered() : undefined
}

/** As what an upload ends, and who says so. */
export interface Finish {
  readonly digest: Digest
  readonly actor: Actor
  /** Throws when the pusher may not any more: the bytes may have taken long. */
  readonly stillAllowed: () => Promise<void>
}

/** end-6. Takes a last chunk, if any, and turns the upload into a blob. When it returns, the blob survives a power cut. */
export async function finishUpload(
  registry: Registry,
  upload: UploadIdentity,
  { digest, actor, stillAllowed }: Finish,
  chunk: Chunk,
): Promise<void> {
  return asWriter(registry, upload, 'finish', async () => {
    const taken = await takeUpload(registry, upload, digest)
    if (!taken && (await isFinished(registry, upload, digest))) return
    if (!taken) throw await refusal(registry, upload)
    const gather = gatheredOf(chunk)
    const sizeBytes = await appendChunk(registry, upload, chunk, { last: true, gather }).catch(
      async (error: unknown) => {
        await release(registry, upload, 'finalising')
        throw error
      },
    )
    await finalise(registry, upload, { digest, sizeBytes, actor, stillAllowed, content: gather?.bytes })
  })
}

/** The 201 of an earlier PUT may have been lost on its way: while the blob is there, the same answer again is harmless. */
async function isFinished(registry: Registry, upload: UploadIdentity, digest: Digest): Promise<boolean> {
  const record = await findUpload(registry.database.reader, upload)
  if (record?.state !== 'done' || record.digest !== digest) return false
  if ((await findBlob(registry.database.reader, upload.repository, digest)) === undefined) return false
  // Another process may have committed it a moment ago, and be waiting for the disk still.
  await registry.database.write(async () => undefined)
  return true
}

/** end-4b. A whole blob in one request. */
export async function uploadWhole(
  registry: Registry,
  owner: Omit<UploadIdentity, 'id'> & { readonly id?: string },
  { digest, actor, stillAllowed }: Finish,
  chunk: Chunk,
): Promise<void> {
  const upload = { id: randomId(), ...owner }
  await registry.blobs.uploads.start(upload.id)
  await registry.database.writeRelaxed((tx) =>
    addFinalisingUpload(tx, upload, { writer: registry.instance, now: registry.clock.now(), digest }),
  )
  registry.hashes.start(upload.id, algorithmOf(digest))
  const gather = gatheredOf(chunk)
  let sizeBytes: number
  try {
    sizeBytes = await appendChunk(registry, upload, chunk, { last: true, gather })
  } catch (error) {
    await discard(registry, upload)
    throw unlessLost(error)
  }
  const received = { digest, sizeBytes, actor, stillAllowed, content: gather?.bytes }
  await finalise(registry, upload, received).catch((error: unknown) => {
    throw unlessLost(error)
  })
}

/** Its row is relaxed: a database that crashes may forget it. The client never heard of an upload, so it sends again. */
function unlessLost(error: unknown): unknown {
  if (!(error instanceof OciError) || error.code !== 'BLOB_UPLOAD_UNKNOWN') return error
  return new OciError('BLOB_UPLOAD_INVALID', {
    status: 503,
    message: 'the registry lost track of this upload, because its database failed meanwhile; send it again',
    headers: { 'retry-after': '1' },
  })
}

interface Received extends Pick<BlobRecord, 'digest' | 'sizeBytes'>, Pick<Finish, 'actor' | 'stillAllowed'> {
  /** All of it, when it was never stored as an upload. */
  readonly content: Uint8Array<ArrayBuffer> | undefined
}

/** From here on a failure ends the upload: after a failed fsync nobody knows what its bytes are. */
async function finalise(registry: Registry, upload: UploadIdentity, received: Received): Promise<void> {
  const blob = await placed(registry, upload, received)
  let kept: boolean
  try {
    await verify(registry, upload, received)
    await received.stillAllowed()
    kept = await commit(registry, upload, blob, received.actor)
  } catch (error) {
    // Should this fail too, the row keeps naming this process, and the next start or writer puts it in order.
    await discard(registry, upload, blob.storageKey).catch(() => undefined)
    throw error
  }
  // The blob is committed: what is left over of this upload is only litter, and no reason to answer with an error.
  if (!kept || blob.content !== undefined) await removeBytes(registry, upload, blob.storageKey).catch(() => undefined)
}

async function placed(registry: Registry, upload: UploadIdentity, received: Received): Promise<NewBlob> {
  const { digest, sizeBytes } = received
  if (received.content !== undefined) return { digest, sizeBytes, storageKey: undefined, content: received.content }
  if (sizeBytes > ROW_BLOB_BYTES)
    return { digest, sizeBytes, storageKey: finalKey(registry, upload.id, digest), content: undefined }
  const content = new Uint8Array(await (await registry.blobs.uploads.read(upload.id)).arrayBuffer())
  return { digest, sizeBytes, storageKey: undefined, content }
}

async function verify(registry: Registry, upload: UploadIdentity, received: Received): Promise<void> {
  const { digest, sizeBytes } = received
  const actual = await actualDigest(registry, upload, received)
  if (actual === digest) return
  throw new OciError('DIGEST_INVALID', {
    message: 'the content received has another digest; the upload was discarded, start again',
    detail: { digest, received: actual, sizeBytes },
  })
}

async function actualDigest(registry: Registry, { id }: UploadIdentity, received: Received): Promise<Digest> {
  const { digest, sizeBytes, content } = received
  const hash = registry.hashes.take(id, sizeBytes)
  if (hash?.algorithm === algorithmOf(digest)) return digestOf(hash)
  if (content !== undefined) return digestOfBytes(digest, content)
  return computeDigest(await registry.blobs.uploads.read(id), digest)
}

/**
 * The object first, its row second: a crash in between leaves an object that nobody sees. Returns false when the same
 * content was stored already, so that our copy is not needed.
 */
async function commit(registry: Registry, upload: UploadIdentity, blob: NewBlob, actor: Actor): Promise<boolean> {
  const existing = await findStoredBlob(registry.database.reader, blob.digest)
  if (existing !== undefined && (await hasBytes(registry, existing))) {
    const reused = await registry.database.write(
      (tx) => enter(registry, tx, { upload, blob, actor, reuse: existing }),
      upload.repository,
    )
    // The collector took it between the two: ours is needed after all.
    if (reused) return false
  }
  if (blob.storageKey !== undefined) await registry.blobs.uploads.commit(upload.id, blob.storageKey)
  return registry.database.write(
    (tx) => enter(registry, tx, { upload, blob, actor, damaged: existing }),
    upload.repository,
  )
}

interface Entry {
  readonly upload: UploadIdentity
  readonly blob: NewBlob
  readonly actor: Actor
  /** What is stored already, and is to be used instead of our copy. */
  readonly reuse?: BlobRecord
  /** What is stored and is no good. */
  readonly damaged?: BlobRecord | undefined
}

/** The rows of a finished upload. Returns whether our copy is used; with `reuse` whether that could be. */
async function enter(registry: Registry, tx: Transaction, entry: Entry): Promise<boolean> {
  const { upload, blob, actor, reuse, damaged } = entry
  const { repository } = upload
  const { digest, sizeBytes } = blob
  const now = registry.clock.now()
  if (reuse !== undefined && !(await isStillStored(tx, reuse))) return false
  const { id: repositoryId, isNew: createsRepository } = await ensureRepository(tx, repository, now)
  const isNew = !(await holdsBlob(tx, repositoryId, digest))
  const operation: Operation = {
    ...{ type: 'push-blob', uploadId: upload.id },
    ...{ repository, repositoryId, actor, digest, sizeBytes, isNew, createsRepository },
  }
  await checkGuards(registry.guards, operation, tx)
  const used = reuse !== undefined || (await store(tx, blob, { damaged, now }))
  await linkBlob(tx, { repository: repositoryId, digest, now, leaseMs: registry.keeping.leaseMs })
  const done = await moveUpload(tx, upload.id, {
    from: 'finalising',
    to: 'done',
    writer: registry.instance,
    digest,
    now,
  })
  if (!done) throw unknownUpload()
  await recordOperation(registry, operation, tx)
  return used
}

async function isStillStored(tx: Transaction, blob: BlobRecord): Promise<boolean> {
  const now = await findStoredBlob(tx, blob.digest)
  return now !== undefined && now.storageKey === blob.storageKey && !now.damaged
}

async function hasBytes(registry: Registry, { storageKey, sizeBytes, damaged }: BlobRecord): Promise<boolean> {
  if (damaged) return false
  if (storageKey === undefined) return true
  const found = await registry.blobs.stat(storageKey)
  return found?.sizeBytes === sizeBytes
}

/** Returns false when another upload of the same content was quicker. A damaged object is replaced by ours. */
async function store(
  tx: Transaction,
  blob: NewBlob,
  { damaged, now }: { damaged: BlobRecord | undefined; now: Date },
): Promise<boolean> {
  if (await addBlob(tx, blob, now)) return true
  const existing = await findStoredBlob(tx, blob.digest)
  if (damaged === undefined || existing?.storageKey !== damaged.storageKey) return false
  await replaceBlob(tx, blob)
  if (existing?.storageKey !== undefined)
    await addTrash(tx, { storageKey: existing.storageKey, sizeBytes: existing.sizeBytes, deleteAfter: now })
  return true
}

/** The row first: when that fails, or the commit went through after all, the bytes stay. */
async function discard(registry: Registry, upload: UploadIdentity, storageKey?: string): Promise<void> {
  registry.hashes.forget(upload.id)
  const removed = await registry.database.writeRelaxed((tx) =>
    removeUpload(tx, upload.id, 'finalising', registry.instance),
  )
  if (removed) await removeBytes(registry, upload, storageKey)
}

async function removeBytes(registry: Registry, upload: UploadIdentity, storageKey: string | undefined): Promise<void> {
  await registry.blobs.uploads.abort(upload.id)
  if (storageKey !== undefined) await registry.blobs.delete(storageKey)
}
