import { StorageUnavailable } from '../unavailable.ts'
import type { Bucket } from './bucket.ts'
import { copyPart, createMultipart, type Multipart, type Part } from './multipart.ts'

/** Much less than the 5 GiB that S3 allows, so that no single request takes minutes. */
const COPY_BYTES = 512 * 1024 * 1024

/** Begins a multipart upload whose first parts are the first bytes of the object under the same key. */
export async function copyToParts(
  bucket: Bucket,
  key: string,
  sizeBytes: number,
): Promise<{ readonly multipart: Multipart; readonly parts: readonly Part[] }> {
  const multipart = await createMultipart(bucket, key)
  const parts: Part[] = []
  for (let start = 0; start < sizeBytes;) {
    // What would be left over for the last part may be too little to be one.
    const end = sizeBytes - start < 2 * COPY_BYTES ? sizeBytes : start + COPY_BYTES
    parts.push(await copyPart(bucket, multipart, parts.length + 1, { start, end: end - 1 }))
    start = end
  }
  return { multipart, parts }
}

/** The first bytes of a small object. @throws StorageUnavailable when there are fewer */
export async function readStart(bucket: Bucket, key: string, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (sizeBytes === 0) return new Uint8Array(0)
  const download = await bucket.get(key, { start: 0, end: sizeBytes - 1 })
  const bytes = download && new Uint8Array(await new Response(download.body).arrayBuffer().finally(download.release))
  if (bytes?.byteLength === sizeBytes) return bytes
  throw new StorageUnavailable(
    `S3 has ${bytes?.byteLength ?? 'none'} of the ${sizeBytes} bytes of an unfinished upload`,
  )
}
