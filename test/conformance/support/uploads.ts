import { type Answer, type Registry, streamOf } from './client.ts'
import { check, headerOf } from './check.ts'
import type { Content } from './content.ts'

/** At least what the newer suite cuts; ours announces no `OCI-Chunk-Min-Length`. */
export const CHUNK_BYTES = 1024
/** Three chunks, the last one short. */
export const THREE_CHUNKS_BYTES = 3 * CHUNK_BYTES - 5

export const OCTETS = { 'Content-Type': 'application/octet-stream' }

export interface Target {
  readonly registry: Registry
  readonly name: string
}

export function blobPath(name: string, digest: string): string {
  return `/v2/${name}/blobs/${digest}`
}

/** The id is in the path (older suite) and unreserved (containerd re-uses the decoded path). */
export function uploadLocation(name: string): RegExp {
  return new RegExp(`^/v2/${name}/blobs/uploads/[A-Za-z0-9._~-]+(\\?.*)?$`)
}

/** end-4a; no bytes yet is `0-0`, since Docker refuses an end before its start. */
export async function startUpload(
  { registry, name }: Target,
  query: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = check(await registry.send('POST', `/v2/${name}/blobs/uploads/`, { query }), started(name))
  return headerOf(answer, 'Location')
}

/** What a POST that opens an upload answers. */
export function started(name: string) {
  return {
    status: 202,
    headers: {
      Location: uploadLocation(name),
      'Docker-Upload-UUID': /^[A-Za-z0-9._~-]+$/,
      Range: '0-0',
      'Content-Length': '0',
      'OCI-Chunk-Min-Length': null,
    },
  }
}

export interface Chunk {
  readonly start: number
  readonly bytes: Uint8Array
}

export function chunksOf(bytes: Uint8Array, sizeBytes = CHUNK_BYTES): Chunk[] {
  const chunks: Chunk[] = []
  for (let start = 0; start < bytes.length; start += sizeBytes) {
    chunks.push({ start, bytes: bytes.subarray(start, start + sizeBytes) })
  }
  return chunks
}

export function contentRange({ start, bytes }: Chunk): string {
  return `${start}-${start + bytes.length - 1}`
}

/** end-5 with a Content-Range (which has no `bytes` here, unlike elsewhere in HTTP). */
export function sendChunk(registry: Registry, location: string, chunk: Chunk): Promise<Answer> {
  const headers = { ...OCTETS, 'Content-Range': contentRange(chunk) }
  return registry.send('PATCH', location, { headers, body: chunk.bytes.slice() })
}

/** What an accepted PATCH answers: the offset is the last byte kept, not a length. */
export function accepted(name: string, lastByte: number) {
  return {
    status: 202,
    headers: {
      Location: uploadLocation(name),
      'Docker-Upload-UUID': /./,
      Range: `0-${lastByte}`,
      'Content-Length': '0',
    },
  }
}

/** end-6, with or without the last chunk. */
export function finish(registry: Registry, location: string, digest: string, chunk?: Chunk): Promise<Answer> {
  const range = chunk === undefined ? {} : { 'Content-Range': contentRange(chunk) }
  return registry.send('PUT', location, {
    query: { digest },
    headers: { ...OCTETS, ...range },
    body: chunk?.bytes.slice() ?? new Uint8Array(),
  })
}

async function sendChunks({ registry, name }: Target, chunks: readonly Chunk[]): Promise<string> {
  let location = await startUpload({ registry, name })
  for (const chunk of chunks) {
    const lastByte = chunk.start + chunk.bytes.length - 1
    const answer = check(await sendChunk(registry, location, chunk), accepted(name, lastByte))
    location = headerOf(answer, 'Location')
  }
  return location
}

/** A way to upload: everything up to the request with the digest, whose answer the case judges. */
export type Way = (target: Target, blob: Content) => Promise<Answer>

export const postOnly: Way = ({ registry, name }, { bytes, digest }) =>
  registry.send('POST', `/v2/${name}/blobs/uploads/`, { query: { digest }, headers: OCTETS, body: bytes.slice() })

export const postThenPut: Way = async (target, { bytes, digest }) =>
  target.registry.send('PUT', await startUpload(target), { query: { digest }, headers: OCTETS, body: bytes.slice() })

export const chunked: Way = async (target, { bytes, digest }) =>
  finish(target.registry, await sendChunks(target, chunksOf(bytes)), digest)

export const chunkedAndPutChunk: Way = async (target, { bytes, digest }) => {
  const chunks = chunksOf(bytes)
  return finish(target.registry, await sendChunks(target, chunks.slice(0, -1)), digest, chunks.at(-1))
}

/** Docker's way: one PATCH with neither Content-Range nor Content-Length. */
export const streamed: Way = async (target, { bytes, digest }) => {
  const location = await startUpload(target)
  const answer = await target.registry.send('PATCH', location, { headers: OCTETS, body: streamOf(bytes) })
  check(answer, accepted(target.name, bytes.length - 1))
  return finish(target.registry, headerOf(answer, 'Location'), digest)
}

/** What every finished upload answers. */
export function created(name: string, digest: string) {
  return {
    status: 201,
    headers: { Location: blobPath(name, digest), 'Docker-Content-Digest': digest, 'Content-Length': '0' },
  }
}

export async function pushBlob(target: Target, blob: Content): Promise<void> {
  check(await postThenPut(target, blob), created(target.name, blob.digest))
}
