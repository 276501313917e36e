import { randomId } from '../lib/ids.ts'
import type { Transaction } from '../metadata/db.ts'
import {
  acquireWriter,
  addUpload,
  findUpload,
  hasOpenUploadsBy,
  hasOpenUploadsTo,
  moveUpload,
  removeUpload,
  type UploadIdentity,
} from '../metadata/uploads.ts'
import type { Digest, DigestAlgorithm } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import { StorageUnavailable } from '../storage/unavailable.ts'
import { admitBytes, settleBytes } from './operation.ts'
import type { Registry } from './registry.ts'
import { Gathered } from './gathered.ts'
import { addToHash, type RunningHash } from './running-hashes.ts'

/** Bytes that a request brings for an upload. */
export interface Chunk {
  readonly body: AsyncIterable<Uint8Array>
  /** Content-Length, where the client said it. */
  readonly declaredBytes: number | undefined
  /** Content-Range, where the client said it: the chunk must begin where the upload ends. */
  readonly range: ByteRange | undefined
}

export interface NewUpload {
  readonly repository: RepositoryName
  readonly principal: string
  readonly algorithm: DigestAlgorithm
}

/** end-4a. Returns the identity of the new upload. */
export async function startUpload(
  registry: Registry,
  { repository, principal, algorithm }: NewUpload,
): Promise<UploadIdentity> {
  const upload = { id: randomId(), repository, principal }
  await admitBytes(registry.guards, { uploadId: upload.id, repository, totalBytes: 0, flowing: false })
  await registry.blobs.uploads.start(upload.id)
  try {
    await registry.database.writeRelaxed(async (tx) => {
      await requireRoom(registry, upload, tx)
      await addUpload(tx, upload, registry.instance, registry.clock.now())
    })
  } catch (error) {
    await registry.blobs.uploads.abort(upload.id)
    throw error
  }
  registry.hashes.start(upload.id, algorithm)
  return upload
}

/** Abandoned uploads hold disk until they expire, so nobody may leave any number of them. @throws OciError TOOMANYREQUESTS */
async function requireRoom({ limits }: Registry, upload: UploadIdentity, tx: Transaction): Promise<void> {
  const { uploadsPerPrincipal, uploadsPerRepository } = limits
  if (await hasOpenUploadsBy(tx, upload.principal, uploadsPerPrincipal))
    throw tooManyUploads(`one user or robot may have ${uploadsPerPrincipal} (uploads.perPrincipal)`)
  if (await hasOpenUploadsTo(tx, upload.repository, uploadsPerRepository))
    throw tooManyUploads(`one repository may have ${uploadsPerRepository} (uploads.perRepository)`)
}

function tooManyUploads(rule: string): OciError {
  return new OciError('TOOMANYREQUESTS', {
    message: `there are too many unfinished uploads: ${rule}; finish or cancel some, or wait until they expire`,
    headers: { 'retry-after': '60' },
  })
}

/** end-13. Bytes received so far. @throws OciError BLOB_UPLOAD_UNKNOWN */
export async function uploadSize(registry: Registry, upload: UploadIdentity): Promise<number> {
  const record = await findUpload(registry.database.reader, upload)
  if (record === undefined || record.state === 'done') throw unknownUpload()
  forgetForeign(registry, upload.id, record.writer ?? record.lastWriter)
  return sizeOf(registry, upload)
}

/** end-5. Appends a chunk and returns the new size. */
export async function appendToUpload(registry: Registry, upload: UploadIdentity, chunk: Chunk): Promise<number> {
  return asWriter(registry, upload, 'chunk', async () => {
    if (!(await takeUpload(registry, upload))) throw await refusal(registry, upload)
    const size = await appendChunk(registry, upload, chunk).catch(async (error: unknown) => {
      await release(registry, upload, 'open')
      throw error
    })
    await release(registry, upload, 'open')
    return size
  })
}

/**
 * Runs `work` as the only writer of an upload within this process. Within all processes the row says who writes; that
 * alone would lock us out of an upload that we could not give up while the disk was full.
 */
export async function asWriter<T>(
  registry: Registry,
  upload: UploadIdentity,
  purpose: 'chunk' | 'finish',
  work: () => Promise<T>,
): Promise<T> {
  const other = registry.writing.get(upload.id)
  if (other === 'finish') throw unknownUpload()
  if (other === 'chunk') throw await refusal(registry, upload)
  registry.writing.set(upload.id, purpose)
  try {
    return await work()
  } finally {
    registry.writing.delete(upload.id)
  }
}

/** Makes this process the writer of an upload; false when it cannot be. `digest`: it is being finished as that. */
export async function takeUpload(registry: Registry, upload: UploadIdentity, digest?: Digest): Promise<boolean> {
  const hold = { writer: registry.instance, now: registry.clock.now(), ...(digest && { digest }) }
  const taken = await registry.database.writeRelaxed((tx) => acquireWriter(tx, upload, hold))
  if (taken === undefined) return false
  forgetForeign(registry, upload.id, taken.lastWriter)
  return true
}

/** What this process remembers of an upload is wrong, or nothing, when another one wrote to it last. */
function forgetForeign({ instance, hashes, blobs }: Registry, uploadId: string, lastWriter: string | undefined): void {
  if (lastWriter === instance) return
  hashes.forget(uploadId)
  blobs.uploads.forget(uploadId)
}

/** end-14. @throws OciError BLOB_UPLOAD_UNKNOWN, also while the upload is being finished */
export async function cancelUpload(registry: Registry, upload: UploadIdentity): Promise<void> {
  const removed = await registry.database.writeRelaxed(async (tx) => {
    const record = await findUpload(tx, upload)
    return record !== undefined && (await removeUpload(tx, upload.id, 'open')) ? record : undefined
  })
  if (removed === undefined) throw unknownUpload()
  forgetForeign(registry, upload.id, removed.writer ?? removed.lastWriter)
  registry.hashes.forget(upload.id)
  await registry.blobs.uploads.abort(upload.id)
}

export interface AppendOptions {
  readonly last?: boolean
  /** Takes the bytes instead of the store, when they are the first of the upload. */
  readonly gather?: Gathered | undefined
}

/** Writes a chunk to an upload that this process holds. */
export async function appendChunk(
  registry: Registry,
  upload: UploadIdentity,
  chunk: Chunk,
  { last = false, gather }: AppendOptions = {},
): Promise<number> {
  const offset = await sizeOf(registry, upload)
  const { bytes, hash } = await admitChunk(registry, upload, chunk, offset)
  const body = whileWriter(registry, upload, bytes)
  try {
    const size =
      gather !== undefined && offset === 0
        ? await gather.takeAll(body)
        : await registry.blobs.uploads.append(upload.id, offset, body, { last })
    if (hash !== undefined) registry.hashes.put(upload.id, hash)
    return size
  } catch (error) {
    if (error instanceof UploadTakenOver) {
      forgetForeign(registry, upload.id, undefined)
      throw error.cause ?? unknownUpload()
    }
    // Cancelled meanwhile, there is nothing left to cut; the reason to refuse stays the same.
    if (error instanceof OciError) await registry.blobs.uploads.truncate(upload.id, offset).catch(() => undefined)
    throw error
  }
}

/** The bytes of an upload's first chunk, which is small; nothing is stored, so nobody needs to hold the upload. */
export async function gatherChunk(
  registry: Registry,
  upload: UploadIdentity,
  chunk: Chunk,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { bytes, hash } = await admitChunk(registry, upload, chunk, 0)
  const gather = new Gathered()
  await gather.takeAll(bytes)
  if (hash !== undefined) registry.hashes.put(upload.id, hash)
  return gather.bytes
}

interface AdmittedChunk {
  /** Its bytes, as they come; the end of a body that is none of what was announced throws. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** That of the upload with them; undefined: it is to be found otherwise. */
  readonly hash: RunningHash | undefined
}

async function admitChunk(
  registry: Registry,
  upload: UploadIdentity,
  chunk: Chunk,
  offset: number,
): Promise<AdmittedChunk> {
  checkPlace(upload, offset, chunk)
  checkDeclaredSize(registry, offset, chunk.declaredBytes)
  const admit = await admission(registry, upload, offset, chunk.declaredBytes)
  const hash = registry.hashes.take(upload.id, offset)
  const expectedEnd = chunk.range === undefined ? undefined : chunk.range.end + 1

  async function* watched(): AsyncGenerator<Uint8Array> {
    let end = offset
    for await (const bytes of chunk.body) {
      end += bytes.byteLength
      if (end > registry.limits.maxBlobBytes) throw tooLarge(registry)
      if (expectedEnd !== undefined && end > expectedEnd) throw wrongLength(chunk)
      await admit(end)
      requireContact(registry)
      if (hash !== undefined) addToHash(hash, bytes)
      yield bytes
    }
    if (expectedEnd !== undefined && end !== expectedEnd) throw wrongLength(chunk)
  }

  return { bytes: watched(), hash }
}

/** Before others take us for dead and go on with what we are writing. */
const OUT_OF_CONTACT_MS = 10_000

function requireContact({ database }: Registry): void {
  const away = database.away()
  if (away !== undefined && Date.now() - away.getTime() > OUT_OF_CONTACT_MS)
    throw new OciError('BLOB_UPLOAD_INVALID', {
      status: 503,
      message: 'the registry lost its database while it received this; ask for the offset and resume',
      headers: { 'retry-after': '5' },
    })
}

/** The same bytes, for as long as the upload is this process's. */
async function* whileWriter(
  registry: Registry,
  upload: UploadIdentity,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let cameAt = performance.now()
  try {
    for await (const bytes of body) {
      // The client was slow, or this process stood still.
      if (performance.now() - cameAt > OUT_OF_CONTACT_MS) await requireStillWriter(registry, upload)
      cameAt = performance.now()
      yield bytes
    }
  } catch (error) {
    // As far as it came it would be kept.
    if (!(error instanceof UploadTakenOver)) await requireStillWriter(registry, upload)
    throw error
  }
  await requireStillWriter(registry, upload)
}

/** Stores write nothing more of a body that ends so, not even what they held back of it. */
class UploadTakenOver extends StorageUnavailable {}

/**
 * A process that stood still for a minute finds its upload with another, or finished: its object is not to be touched.
 * @throws UploadTakenOver, also when nobody can say
 */
async function requireStillWriter({ database, instance }: Registry, upload: UploadIdentity): Promise<void> {
  if (database.engine === 'sqlite') return
  const record = await findUpload(database.reader, upload).catch((cause: unknown) => {
    throw new UploadTakenOver(`nobody can say whose the upload ${upload.id} is now`, { cause })
  })
  if (record?.writer !== instance) throw new UploadTakenOver(`the upload ${upload.id} is another's now`)
}

/** Bytes of a declared length after which it is asked again whether more may come: the disk may fill up meanwhile. */
const ASK_AGAIN_BYTES = 16 * 1024 * 1024

/**
 * Asks whether a chunk may come, and returns what asks on for each piece of it: before every one that goes beyond what
 * was declared, and now and then.
 */
async function admission(
  { guards }: Registry,
  { id: uploadId, repository }: UploadIdentity,
  offset: number,
  declaredBytes: number | undefined,
): Promise<(end: number) => Promise<void>> {
  const step = declaredBytes === undefined ? 0 : ASK_AGAIN_BYTES
  let admitted = offset + Math.min(declaredBytes ?? 0, step)
  const isUnsized = declaredBytes === undefined
  const incoming = { uploadId, repository, isUnsized }
  await admitBytes(guards, { ...incoming, totalBytes: offset + (declaredBytes ?? 0), flowing: false })
  return async (end) => {
    if (end <= admitted) return
    await admitBytes(guards, { ...incoming, totalBytes: end, flowing: true })
    admitted = end + step
  }
}

function checkPlace(upload: UploadIdentity, offset: number, { range, declaredBytes }: Chunk): void {
  if (range === undefined) return
  if (range.start !== offset) throw outOfOrder(upload, offset)
  const span = range.end - range.start + 1
  if (declaredBytes !== undefined && declaredBytes !== span) throw wrongLength({ range, declaredBytes })
}

function checkDeclaredSize(registry: Registry, offset: number, declaredBytes: number | undefined): void {
  if (declaredBytes !== undefined && offset + declaredBytes > registry.limits.maxBlobBytes) throw tooLarge(registry)
}

async function sizeOf(registry: Registry, upload: UploadIdentity): Promise<number> {
  const size = await registry.blobs.uploads.size(upload.id)
  if (size === undefined) throw unknownUpload()
  return size
}

/** Gives an upload up for others to write to. If it was cancelled meanwhile, nothing of it is left behind. */
export async function release(registry: Registry, upload: UploadIdentity, from: 'open' | 'finalising'): Promise<void> {
  // What stays set aside for too long expires by itself, and must keep nobody from his upload.
  await settleBytes(registry.guards, upload.id, () => registry.blobs.uploads.size(upload.id)).catch(() => undefined)
  const released = await registry.database.writeRelaxed((tx) =>
    moveUpload(tx, upload.id, { from, to: 'open', writer: registry.instance, now: registry.clock.now() }),
  )
  if (released) return
  forgetForeign(registry, upload.id, undefined)
  // While this process stood still another went on with it, or even finished it: what is stored is not ours to remove.
  if ((await findUpload(registry.database.reader, upload)) === undefined) await registry.blobs.uploads.sweep(upload.id)
  throw unknownUpload()
}

/** Why an upload could not be taken: it is gone, it is being finished, or another request is writing to it. */
export async function refusal(registry: Registry, upload: UploadIdentity): Promise<OciError> {
  const record = await findUpload(registry.database.reader, upload)
  if (record?.state !== 'open') return unknownUpload()
  forgetForeign(registry, upload.id, record.writer ?? record.lastWriter)
  const size = await registry.blobs.uploads.size(upload.id)
  return new UploadRangeError(
    upload,
    size ?? 0,
    'another request is writing to this upload; wait for it, then ask for the offset',
  )
}

/** 416 (distribution-spec, end-5): the session lives on, and the answer says where to resume. */
export class UploadRangeError extends OciError {
  readonly upload: UploadIdentity
  readonly sizeBytes: number

  constructor(upload: UploadIdentity, sizeBytes: number, message: string) {
    super('BLOB_UPLOAD_INVALID', { status: 416, message, detail: { offset: sizeBytes } })
    this.upload = upload
    this.sizeBytes = sizeBytes
  }
}

function outOfOrder(upload: UploadIdentity, offset: number): OciError {
  return new UploadRangeError(upload, offset, `the chunk does not begin at ${offset}, where this upload ends`)
}

export function unknownUpload(): OciError {
  return new OciError('BLOB_UPLOAD_UNKNOWN')
}

function wrongLength({ range, declaredBytes }: Pick<Chunk, 'range' | 'declaredBytes'>): OciError {
  return new OciError('SIZE_INVALID', {
    message: 'the chunk is not as long as its Content-Range says; nothing of it was kept',
    detail: { contentRange: range && `${range.start}-${range.end}`, contentLength: declaredBytes },
  })
}

function tooLarge(registry: Registry): OciError {
  const { maxBlobBytes } = registry.limits
  return new OciError('SIZE_INVALID', {
    status: 413,
    message: `a blob may have at most ${maxBlobBytes} bytes here (limits.blobBytes)`,
    detail: { maxBytes: maxBlobBytes },
  })
}
