import type { Actor } from '../lib/actor.ts'
import { randomId } from '../lib/ids.ts'
import { type BlobRecord, findBlob, type NewBlob } from '../metadata/blobs.ts'
import { addFinalisingUpload, findUpload, removeUpload, type UploadIdentity } from '../metadata/uploads.ts'
import { algorithmOf, type Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { commitBlob } from './commit-blob.ts'
import { Gathered } from './gathered.ts'
import type { Registry } from './registry.ts'
import { computeDigest, digestOf, digestOfBytes } from './running-hashes.ts'
import { finalKey } from './storage-key.ts'
import { appendChunk, asWriter, type Chunk, gatherChunk, refusal, release, takeUpload } from './upload-blob.ts'

/** Blobs up to this size go into a row: one sync of the database's log makes them durable (docs/adr/0005). */
const ROW_BLOB_BYTES = 16 * 1024

function isSmall({ declaredBytes }: Chunk): boolean {
  return declaredBytes !== undefined && declaredBytes <= ROW_BLOB_BYTES
}

function gatheredOf(chunk: Chunk): Gathered | undefined {
  return isSmall(chunk) ? new Gathered() : undefined
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
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
  finish: Finish,
  chunk: Chunk,
): Promise<void> {
  return asWriter(registry, upload, 'finish', async () => {
    const isNew = isSmall(chunk) && registry.hashes.isNew(upload.id)
    const content = isNew ? await gatherNew(registry, upload, chunk) : undefined
    if (content !== undefined && (await finishNew(registry, upload, finish, content))) return
    const { digest, actor, stillAllowed } = finish
    const taken = await takeUpload(registry, upload, digest)
    if (!taken && (await isFinished(registry, upload, digest))) return
    if (!taken) throw await refusal(registry, upload)
    const gather = gatheredOf(chunk)
    const received = content === undefined ? chunk : { ...chunk, body: once(content) }
    const sizeBytes = await appendChunk(registry, upload, received, { last: true, gather }).catch(
      async (error: unknown) => {
        await release(registry, upload, 'finalising')
        throw error
      },
    )
    await finalise(registry, upload, { digest, sizeBytes, actor, stillAllowed, content: gather?.bytes })
  })
}

/** What goes wrong leaves the upload open. */
async function gatherNew(
  registry: Registry,
  upload: UploadIdentity,
  chunk: Chunk,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await gatherChunk(registry, upload, chunk)
  } catch (error) {
    if (await takeUpload(registry, upload)) await release(registry, upload, 'open')
    throw error
  }
}

/**
 * Most pushes of small blobs: the upload is taken, finished and committed in one transaction. False when they are not
 * what was announced, perhaps because another process received what comes before them: then nothing was changed.
 */
async function finishNew(
  registry: Registry,
  upload: UploadIdentity,
  { digest, actor, stillAllowed }: Finish,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const blob = { digest, sizeBytes: content.byteLength, storageKey: undefined, content }
  if ((await actualDigest(registry, upload, blob)) !== digest) return false
  try {
    await stillAllowed()
    await commitBlob(registry, { upload, blob, actor, isNew: true })
  } catch (error) {
    if (error instanceof OciError && error.code === 'BLOB_UPLOAD_UNKNOWN') return false
    if (await takeUpload(registry, upload, digest)) await discard(registry, upload).catch(() => undefined)
    throw error
  }
  await removeBytes(registry, upload, undefined).catch(() => undefined)
  return true
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
    kept = await commitBlob(registry, { upload, blob, actor: received.actor, isNew: false })
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

async function actualDigest(
  registry: Registry,
  { id }: UploadIdentity,
  { digest, sizeBytes, content }: Pick<Received, 'digest' | 'sizeBytes' | 'content'>,
): Promise<Digest> {
  const hash = registry.hashes.take(id, sizeBytes)
  if (hash?.algorithm === algorithmOf(digest)) return digestOf(hash)
  if (content !== undefined) return digestOfBytes(digest, content)
  return computeDigest(await registry.blobs.uploads.read(id), digest)
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
