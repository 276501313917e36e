import type { Lru } from '../../lib/lru.ts'
import type { Semaphore } from '../../lib/semaphore.ts'
import type { Bucket } from './bucket.ts'
import { abortMultipart, completeMultipart, uploadPart } from './multipart.ts'
import type { Names } from './names.ts'
import { MIN_PART_BYTES, PartWriter } from './part-writer.ts'
import { copyToParts, readStart } from './reopen.ts'
import { emptyState, partsBytes, type UploadState } from './upload-state.ts'

export interface UploadParts {
  readonly bucket: Bucket
  readonly names: Names
  readonly lanes: Semaphore
  /** Bytes of small uploads and of tails, which are stored as well. */
  readonly retained: Lru<string, Uint8Array<ArrayBuffer>>
}

/** A writer that goes on where an upload ends. */
export async function writerFor(to: UploadParts, id: string, state: UploadState): Promise<PartWriter> {
  const { bucket, names, lanes } = to
  const key = names.final(id)
  await heal(to, id, state)
  const { whole } = state
  if (state.multipart === undefined && state.tail === undefined && whole !== undefined)
    if (whole.sizeBytes >= MIN_PART_BYTES) Object.assign(state, await copyToParts(bucket, key, whole.sizeBytes))
  const { multipart, parts } = state
  const writer = new PartWriter({ bucket, key, lanes }, multipart && { multipart, parts })
  await writer.add(await bytesBehindParts(to, id, state))
  return writer
}

async function bytesBehindParts(to: UploadParts, id: string, state: UploadState): Promise<Uint8Array<ArrayBuffer>> {
  const { multipart, tail, whole } = state
  const known = tail?.bytes ?? to.retained.get(id)
  if (tail !== undefined) return known ?? readStart(to.bucket, to.names.tail(id, partsBytes(state)), tail.sizeBytes)
  if (multipart !== undefined || whole === undefined) return new Uint8Array(0)
  return known ?? readStart(to.bucket, to.names.final(id), whole.sizeBytes)
}

/** Makes bytes behind the parts survive this process. Without parts the upload is these bytes. */
export async function storeRest(
  to: UploadParts,
  id: string,
  state: UploadState,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { bucket, names, retained } = to
  const { multipart, parts } = state
  const sizeBytes = bytes.byteLength
  retained.delete(id)
  state.tail = undefined
  if (multipart !== undefined && sizeBytes >= MIN_PART_BYTES) {
    state.parts = [...parts, await uploadPart(bucket, multipart, parts.length + 1, bytes)]
    return
  }
  if (multipart === undefined) {
    await bucket.put(names.final(id), bytes)
    state.whole = { sizeBytes, seenAt: performance.now() }
  } else if (sizeBytes > 0) {
    const key = names.tail(id, partsBytes(state))
    await bucket.put(key, bytes)
    state.tail = { sizeBytes, bytes: undefined }
    state.tailKeys = new Set([...state.tailKeys, key])
  }
  if (sizeBytes <= MIN_PART_BYTES) retained.set(id, bytes.slice(), sizeBytes)
}

/** Joins the parts and the tail to the object at the final key. */
export async function seal(to: UploadParts, id: string, state: UploadState): Promise<void> {
  const { bucket } = to
  await heal(to, id, state)
  const { multipart, tail } = state
  if (multipart === undefined) return
  let { parts } = state
  if (tail !== undefined && tail.sizeBytes > 0) {
    const bytes = await bytesBehindParts(to, id, state)
    parts = [...parts, await uploadPart(bucket, multipart, parts.length + 1, bytes)]
  }
  state.parts = parts
  await joinAll(to, id, state)
}

/**
 * Gets rid of parts behind a gap, which after another restart would be taken for bytes of the upload. S3 can only join
 * parts, and Ceph only all of them; what is wanted of the result is copied into a new upload.
 */
async function heal(to: UploadParts, id: string, state: UploadState): Promise<void> {
  if (state.strayParts.length === 0) return
  const { tail, tailKeys } = state
  const sizeBytes = partsBytes(state)
  await joinAll(to, id, state)
  Object.assign(state, await copyToParts(to.bucket, to.names.final(id), sizeBytes), { tail, tailKeys })
}

/** Makes an object of all parts, without the tail. */
async function joinAll(to: UploadParts, id: string, state: UploadState): Promise<void> {
  if (state.multipart === undefined) return
  const parts = [...state.parts, ...state.strayParts]
  const replaced = state.whole === undefined ? undefined : await to.bucket.head(to.names.final(id))
  await completeMultipart(to.bucket, state.multipart, parts, replaced?.etag)
  const whole = { sizeBytes: partsBytes({ parts }), seenAt: performance.now() }
  to.retained.delete(id)
  Object.assign(state, { ...emptyState(), whole, tailKeys: state.tailKeys })
}

/** Cuts an upload back to a smaller size. */
export async function cut(to: UploadParts, id: string, state: UploadState, sizeBytes: number): Promise<void> {
  if (sizeBytes === 0) return removeKnown(to, id, state)
  await heal(to, id, state)
  const stored = partsBytes(state)
  if (state.tail !== undefined && sizeBytes > stored) {
    const bytes = await bytesBehindParts(to, id, state)
    return storeRest(to, id, state, bytes.slice(0, sizeBytes - stored))
  }
  await removeTails(to, state)
  if (sizeBytes === stored) return
  await joinAll(to, id, state)
  await cutWhole(to, id, state, sizeBytes)
}

async function cutWhole(to: UploadParts, id: string, state: UploadState, sizeBytes: number): Promise<void> {
  if (state.whole === undefined || state.whole.sizeBytes <= sizeBytes) return
  const key = to.names.final(id)
  if (sizeBytes < MIN_PART_BYTES) await storeRest(to, id, state, await readStart(to.bucket, key, sizeBytes))
  else Object.assign(state, await copyToParts(to.bucket, key, sizeBytes))
  to.retained.delete(id)
}

/** Everything that this process knows to be stored. */
export async function removeKnown(to: UploadParts, id: string, state: UploadState): Promise<void> {
  await removeTails(to, state)
  if (state.multipart !== undefined) await abortMultipart(to.bucket, state.multipart)
  if (state.whole !== undefined) await to.bucket.delete(to.names.final(id))
  to.retained.delete(id)
  Object.assign(state, emptyState())
}

async function removeTails(to: UploadParts, state: UploadState): Promise<void> {
  for (const key of state.tailKeys) await to.bucket.delete(key)
  Object.assign(state, { tailKeys: new Set(), tail: undefined })
}
