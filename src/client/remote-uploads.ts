import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type OpenBlob, RemoteError } from '../registry/image-source.ts'
import type { SentStream } from './guarded-body.ts'
import { FutileRequest } from './guarded-connection.ts'
import type { Answer } from './guarded-egress.ts'
import { type RemoteCalls, UnexpectedStatus } from './remote-calls.ts'

export function pushScope(name: string): string {
  return `repository:${name}:pull,push`
}

const MOST_TRIES = 3
const PAUSE_MS = 200

interface BlobToPut {
  readonly name: string
  readonly blob: Descriptor
  readonly open: OpenBlob
  readonly signal: AbortSignal | undefined
}

/**
 * An upload in one PUT (end-4a, end-6), which every registry knows. When the connection breaks it goes on where the
 * registry says it is, and from the start where it cannot say: docker-registry 2.8 forgets what came by a broken one.
 * @throws RemoteError; what `open` throws
 */
export async function putRemoteBlob(calls: RemoteCalls, put: BlobToPut): Promise<void> {
  let at: Progress | undefined = { location: await beginUpload(calls, put.name, put.signal), offset: 0 }
  for (let tries = 1; at !== undefined; tries++) at = await attempt(calls, put, at, tries)
}

/** Where to go on; undefined: it is done. */
async function attempt(calls: RemoteCalls, put: BlobToPut, at: Progress, tries: number): Promise<Progress | undefined> {
  try {
    return await putRest(calls, put, at)
  } catch (error) {
    const next = tries < MOST_TRIES && !put.signal?.aborted ? wayOn(error, at) : undefined
    if (next !== 'resume') await cancelUpload(calls, put.name, at.location)
    if (next === undefined) throw error
    // The registry has to notice as well that the connection broke.
    await calls.pause(PAUSE_MS * tries, put.signal)
    return goOn(calls, put, next === 'resume' ? at.location : undefined)
  }
}

interface Progress {
  readonly location: URL
  readonly offset: number
}

/** Where an upload broke, resume it; where one that was resumed does not fit, begin again. A refusal would only come again. */
function wayOn(error: unknown, { offset }: Progress): 'resume' | 'restart' | undefined {
  if (!(error instanceof RemoteError) || error instanceof FutileRequest) return undefined
  if (!(error instanceof UnexpectedStatus))
    return error.kind === 'unreachable' || error.kind === 'timeout' ? 'resume' : undefined
  if ([500, 502, 503, 504].includes(error.status)) return 'resume'
  return offset > 0 && [400, 404, 409, 416].includes(error.status) ? 'restart' : undefined
}

async function goOn(calls: RemoteCalls, put: BlobToPut, location: URL | undefined): Promise<Progress> {
  const reached = location && (await uploadProgress(calls, put, location))
  if (reached !== undefined) return reached
  if (location !== undefined) await cancelUpload(calls, put.name, location)
  return { location: await beginUpload(calls, put.name, put.signal), offset: 0 }
}

async function beginUpload(calls: RemoteCalls, name: string, signal: AbortSignal | undefined): Promise<URL> {
  const answer = await calls.call({
    method: 'POST',
    path: `/v2/${name}/blobs/uploads/`,
    scopes: [pushScope(name)],
    expects: [202],
    // A second upload that nobody uses expires.
    mayRepeat: true,
    signal,
  })
  await answer.discard()
  return uploadLocation(calls, answer)
}

/** Only on the registry itself: bytes and password belong to nobody else (CVE-2026-50151). @throws RemoteError */
export function uploadLocation({ base, label }: RemoteCalls, answer: Answer): URL {
  const location = answer.header('location')
  if (location === undefined || !URL.canParse(location, answer.url.href))
    throw new RemoteError('invalid', `${label} began an upload and did not say where`)
  const url = new URL(location, answer.url)
  if (url.origin === base.origin && url.username === '' && url.password === '') return url
  throw new FutileRequest('invalid', `${label} wants the bytes of an upload to be sent elsewhere, which is not done`)
}

async function putRest(calls: RemoteCalls, put: BlobToPut, { location, offset }: Progress): Promise<undefined> {
  const { blob, name, open, signal } = put
  const url = new URL(location)
  url.searchParams.set('digest', blob.digest)
  const sizeBytes = blob.size - offset
  const part = offset === 0 ? {} : { 'content-range': `${offset}-${blob.size - 1}` }
  const answer = await calls.call({
    method: 'PUT',
    path: url,
    scopes: [pushScope(name)],
    headers: { 'content-type': 'application/octet-stream', ...part },
    body: async (): Promise<SentStream> => ({ stream: await open(offset), sizeBytes }),
    expects: [200, 201, 204],
    isBig: true,
    isPatient: true,
    signal,
  })
  await answer.discard()
  requireSameDigest(answer, blob.digest, calls.label)
}

/** @throws RemoteError invalid: it keeps something else than was sent */
export function requireSameDigest(answer: Answer, digest: string, label: string): void {
  const said = answer.header('docker-content-digest')
  if (said === undefined || !isDigest(said) || said === digest) return
  throw new RemoteError('invalid', `${label} says that it stored something else than was sent`)
}

/** end-13. Undefined: it cannot go on, or does not say where. */
async function uploadProgress(calls: RemoteCalls, put: BlobToPut, location: URL): Promise<Progress | undefined> {
  const { name, blob, signal } = put
  try {
    const answer = await calls.call({
      method: 'GET',
      path: location,
      scopes: [pushScope(name)],
      expects: [204],
      signal,
    })
    await answer.discard()
    const last = /^(?:bytes=)?0-(\d{1,16})$/.exec(answer.header('range') ?? '')?.[1]
    // `0-0` may be one byte or none. A blob that is there to its end only lacks the digest.
    const offset = Number(last) + 1
    if (last === undefined || offset < 2 || offset >= blob.size) return undefined
    return { location: uploadLocation(calls, answer), offset }
  } catch (error) {
    if (error instanceof UnexpectedStatus) return undefined
    throw error
  }
}

/** As far as it is possible: an upload that nobody ends expires. */
export async function cancelUpload(calls: RemoteCalls, name: string, location: URL): Promise<void> {
  try {
    const scopes = [pushScope(name)]
    const answer = await calls.call({ method: 'DELETE', path: location, scopes, expects: [200, 202, 204, 404] })
    await answer.discard()
  } catch {
    // It does not matter to anybody.
  }
}

interface Mount {
  readonly name: string
  readonly digest: Digest
  readonly from: string
  readonly signal: AbortSignal | undefined
}

/** end-11. False where the registry does not do it, or does not let us read there. */
export async function mountRemoteBlob(calls: RemoteCalls, { name, digest, from, signal }: Mount): Promise<boolean> {
  const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`
  try {
    const answer = await calls.call({
      method: 'POST',
      path: `/v2/${name}/blobs/uploads/?${query}`,
      scopes: [pushScope(name), `repository:${from}:pull`],
      expects: [201, 202],
      mayRepeat: true,
      signal,
    })
    await answer.discard()
    if (answer.status === 201) return true
    await cancelUpload(calls, name, uploadLocation(calls, answer))
    return false
  } catch (error) {
    // Whoever may not read there may still push; and some refuse what they do not know.
    if (error instanceof RemoteError && (error.kind === 'refused' || error.kind === 'invalid')) return false
    throw error
  }
}
