import type { Authorizer } from '../access/authorizer.ts'
import { parseDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { type ByteRange, parseRangeHeader } from '../oci/range.ts'
import { deleteBlob } from '../registry/delete-content.ts'
import { holdBlob, needsHold } from '../registry/hold-content.ts'
import { findSoundBlob } from '../registry/pull-blob.ts'
import { describeBlob, isArriving, openOrSupply, pullBlob, type PulledBlob } from '../registry/pull-through.ts'
import type { Registry } from '../registry/registry.ts'
import { contentRange, lengthOf, multipartRanges, type OpenPart } from './byte-ranges.ts'
import type { ReferenceCall } from './call.ts'
import { mayPush } from './admission.ts'
import type { BlobRedirects } from './blob-redirects.ts'
import { matchesEtag } from './etag.ts'
import { bodyOf, type Reply } from './reply.ts'

type Described = Pick<PulledBlob, 'digest'>

/** end-2, HEAD: opens nothing. A Range is ignored, as RFC 9110 §14.2 asks. */
export async function headBlob(registry: Registry, authorizer: Authorizer, call: ReferenceCall): Promise<Reply> {
  const digest = parseDigest(call.reference)
  const blob = await findSoundBlob(registry, call.name, digest).catch(async (error: unknown) => {
    // Whoever may push is told what is here, and pushes the rest: a manifest needs it here.
    const described =
      !(error instanceof OciError) || (await mayPush(authorizer, call))
        ? undefined
        : await describeBlob(registry, call.name, digest)
    if (described === undefined) throw error
    return described
  })
  if (
    'touchedAt' in blob &&
    needsHold(registry, blob.touchedAt) &&
    (await mayPush(authorizer, call)) &&
    !(await holdBlob(registry, call.name, blob))
  )
    throw new OciError('BLOB_UNKNOWN', { detail: { digest: blob.digest } })
  if (matchesEtag(call.request, blob.digest)) return { status: 304, headers: blobHeaders(blob) }
  return { status: 200, headers: { ...blobHeaders(blob), 'content-length': String(blob.sizeBytes) } }
}

/** end-2, GET, with RFC 9110 ranges. */
export async function getBlob(registry: Registry, redirects: BlobRedirects, call: ReferenceCall): Promise<Reply> {
  const blob = await pullBlob(registry, call.name, parseDigest(call.reference))
  if (matchesEtag(call.request, blob.digest)) return { status: 304, headers: blobHeaders(blob) }
  const elsewhere = isArriving(blob) ? undefined : await redirects(blob, call.actor.address)
  if (elsewhere !== undefined) return redirectTo(elsewhere, blob)
  const ranges = requestedRanges(call.request, blob)
  if (ranges === undefined)
    return { status: 200, headers: blobHeaders(blob), body: bodyOf(await openOrSupply(registry, call.name, blob)) }
  const [first] = ranges
  if (first === undefined)
    return { status: 416, headers: { ...blobHeaders(blob), 'content-range': `bytes */${blob.sizeBytes}` } }
  const open = (range: ByteRange) => openOrSupply(registry, call.name, blob, range)
  if (ranges.length > 1) return severalRanges(blob, ranges, open)
  const headers = { ...blobHeaders(blob), 'content-range': contentRange(first, blob.sizeBytes) }
  return { status: 206, headers, body: bodyOf(await open(first)) }
}

/** The client asks again there, with its range. The address is a key for a short time, so nothing may keep it. */
function redirectTo(url: URL, { digest }: Described): Reply {
  return {
    status: 307,
    headers: { location: url.href, 'docker-content-digest': digest, 'cache-control': 'no-store' },
  }
}

/** end-10. */
export async function removeBlob(registry: Registry, call: ReferenceCall): Promise<Reply> {
  await deleteBlob(registry, { repository: call.name, actor: call.actor }, parseDigest(call.reference))
  return { status: 202 }
}

function requestedRanges(request: Request, blob: PulledBlob): ByteRange[] | undefined {
  const header = request.headers.get('range')
  if (header === null) return undefined
  const condition = request.headers.get('if-range')
  if (condition !== null && condition !== `"${blob.digest}"`) return undefined
  const ranges = parseRangeHeader(header, blob.sizeBytes)
  // Overlapping ranges that add up to more than the blob only serve to make us work (RFC 9110 §14.2).
  const wanted = ranges?.reduce((sum, range) => sum + lengthOf(range), 0) ?? 0
  return wanted > blob.sizeBytes ? undefined : ranges
}

function severalRanges(blob: PulledBlob, ranges: readonly ByteRange[], open: OpenPart): Reply {
  const { boundary, body } = multipartRanges(ranges, blob.sizeBytes, open)
  const headers = {
    ...blobHeaders(blob),
    'content-type': `multipart/byteranges; boundary=${boundary}`,
  }
  return { status: 206, headers, body }
}

/** A blob may be an HTML page: a browser must neither guess its type nor run it with anybody's session. */
function blobHeaders({ digest }: Described): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000',
    'content-disposition': 'attachment',
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
  }
}
