import { type Digest, isDigest } from '../oci/digest.ts'
import { isRepositoryName } from '../oci/name.ts'
import { type BlobRequest, type FetchedBlob, RemoteError } from '../registry/image-source.ts'
import type { Answer } from './guarded-egress.ts'
import { errorCodeIn } from './remote-absence.ts'
import type { RemoteCalls } from './remote-calls.ts'
import { absent, pullScope, requireNoPage } from './remote-manifests.ts'

/** So large it may be to take its turn with manifests: configs are, and signatures. */
const SMALL_BYTES = 64 * 1024

interface BlobPart extends BlobRequest {
  readonly name: string
  readonly digest: Digest
}

/** A blob from an offset on, as it comes (end-2). @throws RemoteError */
export async function fetchBlob(calls: RemoteCalls, part: BlobPart): Promise<FetchedBlob | undefined> {
  const { name, digest, offset = 0, sizeBytes, isPatient = false, signal } = part
  if (!isRepositoryName(name) || !isDigest(digest)) return undefined
  const answer = await calls.call({
    method: 'GET',
    path: `/v2/${name}/blobs/${digest}`,
    scopes: [pullScope(name)],
    ...(offset > 0 && { headers: { range: `bytes=${offset}-` } }),
    expects: offset > 0 ? [200, 206, 404, 416] : [200, 404],
    isBig: sizeBytes === undefined || sizeBytes > SMALL_BYTES,
    isPatient,
    signal,
  })
  try {
    if (answer.status === 404) return absent(calls, { answer, code: await errorCodeIn(answer) })
    return await partOf(answer, offset, calls.label)
  } catch (error) {
    await answer.discard()
    throw error
  }
}

async function partOf(answer: Answer, offset: number, label: string): Promise<FetchedBlob> {
  if (answer.status === 416) return nothingLeft(answer, offset, label)
  requireNoPage(answer, label)
  if (answer.status === 206) return { sizeBytes: sizeOfWhole(answer, offset, label), body: answer.body }
  const length = answer.header('content-length')
  const sizeBytes = length === undefined ? undefined : Number(length)
  // It sends the whole again (RFC 9110 §14.2 allows that).
  return { sizeBytes, body: offset === 0 ? answer.body : withoutFirst(answer.body, offset, label) }
}

/** RFC 9110 §14.4. Other bytes than the ones asked for would be kept in the wrong place. */
function sizeOfWhole(answer: Answer, offset: number, label: string): number {
  const [, start, end, size] =
    /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(answer.header('content-range') ?? '') ?? []
  if (Number(start) !== offset || Number(end) + 1 !== Number(size)) throw otherPart(label)
  return Number(size)
}

async function nothingLeft(answer: Answer, offset: number, label: string): Promise<FetchedBlob> {
  await answer.discard()
  const [, size] = /^bytes \*\/(\d{1,16})$/.exec(answer.header('content-range') ?? '') ?? []
  if (Number(size) !== offset) throw otherPart(label)
  return { sizeBytes: offset, body: new ReadableStream({ start: (controller) => controller.close() }) }
}

function otherPart(label: string): RemoteError {
  return new RemoteError('invalid', `${label} answered with another part of the blob than was asked for`)
}

function withoutFirst(body: ReadableStream<Uint8Array>, count: number, label: string): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let left = count
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        for (;;) {
          const { done, value } = await reader.read()
          if (done) {
            if (left > 0) throw new RemoteError('invalid', `${label} answered with fewer bytes than it had before`)
            return controller.close()
          }
          const rest = value.subarray(Math.min(left, value.byteLength))
          left -= value.byteLength - rest.byteLength
          if (rest.byteLength > 0) return controller.enqueue(rest)
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
