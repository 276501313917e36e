import type { Authorizer } from '../access/authorizer.ts'
import { type Digest, isDigest, parseDigest, parseDigestAlgorithm } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { isRepositoryName, type RepositoryName } from '../oci/name.ts'
import { type ByteRange, parseContentRange } from '../oci/range.ts'
import type { UploadIdentity } from '../metadata/uploads.ts'
import { type Finish, finishUpload, uploadWhole } from '../registry/finish-upload.ts'
import { mountBlob } from '../registry/mount-blob.ts'
import type { Registry } from '../registry/registry.ts'
import {
  appendToUpload,
  cancelUpload,
  type Chunk,
  startUpload,
  UploadRangeError,
  uploadSize,
} from '../registry/upload-blob.ts'
import { BODY_LIMITS, declaredLength, readBody } from './body.ts'
import type { ReferenceCall, RepositoryCall } from './call.ts'
import type { Reply } from './reply.ts'
import { uploadHeaders } from './upload-location.ts'

/** end-4a, end-4b, end-4c and end-11: a session, a whole blob, or a mount. */
export async function postUpload(registry: Registry, authorizer: Authorizer, call: RepositoryCall): Promise<Reply> {
  const mount = call.query.get('mount')
  if (mount !== null) return (await tryMount(registry, authorizer, call)) ?? openSession(registry, call)
  const digest = call.query.get('digest')
  if (digest === null) return openSession(registry, call)
  call.takeTheTime()
  const wanted = parseDigest(digest)
  const owner = { repository: call.name, principal: call.principal.id }
  await uploadWhole(registry, owner, finishOf(call, wanted), chunkOf(call, undefined))
  return created(call.name, wanted)
}

async function openSession(registry: Registry, call: RepositoryCall): Promise<Reply> {
  const algorithm = parseDigestAlgorithm(call.query.get('digest-algorithm') ?? 'sha256')
  const upload = await startUpload(registry, { repository: call.name, principal: call.principal.id, algorithm })
  return { status: 202, headers: uploadHeaders(upload, 0) }
}

/** Whatever the reason that it cannot be mounted, even a malformed source: the answer is the same, an upload. */
async function tryMount(registry: Registry, authorizer: Authorizer, call: RepositoryCall): Promise<Reply | undefined> {
  const digest = call.query.get('mount') ?? ''
  const from = call.query.get('from') ?? undefined
  if (!isDigest(digest) || (from !== undefined && !isRepositoryName(from))) return undefined
  const mayPull = async (repository: RepositoryName) =>
    (await authorizer.allows(call.principal, 'pull', { repository })).allowed
  const mounted = await mountBlob(registry, { digest, to: call.name, from, actor: call.actor, mayPull })
  return mounted ? created(call.name, digest) : undefined
}

/** end-5. */
export async function patchUpload(registry: Registry, call: ReferenceCall): Promise<Reply> {
  call.takeTheTime()
  const upload = uploadOf(call)
  const size = await appendToUpload(registry, upload, chunkOf(call, await contentRangeOf(registry, call, upload)))
  return { status: 202, headers: uploadHeaders(upload, size) }
}

/** end-6. */
export async function putUpload(registry: Registry, call: ReferenceCall): Promise<Reply> {
  call.takeTheTime()
  const upload = uploadOf(call)
  const digests = call.query.getAll('digest')
  if (digests.length !== 1)
    throw new OciError('DIGEST_INVALID', { message: 'finish an upload with exactly one "digest" parameter' })
  const digest = parseDigest(digests[0] ?? '')
  const chunk = chunkOf(call, await contentRangeOf(registry, call, upload))
  await finishUpload(registry, upload, finishOf(call, digest), chunk)
  return created(call.name, digest)
}

/** end-13. */
export async function getUpload(registry: Registry, call: ReferenceCall): Promise<Reply> {
  const upload = uploadOf(call)
  return { status: 204, headers: uploadHeaders(upload, await uploadSize(registry, upload)) }
}

/** end-14. */
export async function deleteUpload(registry: Registry, call: ReferenceCall): Promise<Reply> {
  await cancelUpload(registry, uploadOf(call))
  return { status: 204 }
}

function finishOf(call: RepositoryCall, digest: Digest): Finish {
  return { digest, actor: call.actor, stillAllowed: () => call.stillAllowed() }
}

const UPLOAD_ID = /^[0-9a-f]{32}$/

function uploadOf(call: ReferenceCall): UploadIdentity {
  if (!UPLOAD_ID.test(call.reference)) throw new OciError('BLOB_UPLOAD_UNKNOWN')
  return { id: call.reference, repository: call.name, principal: call.principal.id }
}

function chunkOf(call: RepositoryCall, range: ByteRange | undefined): Chunk {
  const body = readBody(call.request, BODY_LIMITS, (bytes) => call.received(bytes))
  return { body, declaredBytes: declaredLength(call.request), range }
}

/** A Content-Range that makes no sense is out of order: 416, and the upload stays as it is. */
async function contentRangeOf(
  registry: Registry,
  call: ReferenceCall,
  upload: UploadIdentity,
): Promise<ByteRange | undefined> {
  const header = call.request.headers.get('content-range')
  if (header === null) return undefined
  const range = parseContentRange(header)
  if (range !== undefined) return range
  const size = await uploadSize(registry, upload)
  throw new UploadRangeError(upload, size, 'Content-Range must be "first-last" in bytes, first not above last')
}

function created(name: RepositoryName, digest: Digest): Reply {
  return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } }
}
