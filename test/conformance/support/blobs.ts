import { check } from './check.ts'
import type { Content } from './content.ts'
import { blobPath, type Target } from './uploads.ts'

function headers(blob: Content) {
  return {
    'Content-Length': String(blob.bytes.length),
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': blob.digest,
    // ORAS resumes only if it reads exactly this.
    'Accept-Ranges': 'bytes',
    ETag: `"${blob.digest}"`,
    'Content-Encoding': null,
  }
}

/** end-2, HEAD and GET: the same headers, the bytes only once. */
export async function checkBlob({ registry, name }: Target, blob: Content): Promise<void> {
  const path = blobPath(name, blob.digest)
  check(await registry.send('HEAD', path), { status: 200, headers: headers(blob), body: '' })
  check(await registry.send('GET', path), { status: 200, headers: headers(blob), body: blob.bytes })
}

export async function checkBlobAbsent({ registry, name }: Target, digest: string): Promise<void> {
  const path = blobPath(name, digest)
  check(await registry.send('HEAD', path), { status: 404, body: '' })
  check(await registry.send('GET', path), { status: 404, error: 'BLOB_UNKNOWN' })
}

/** end-10, and gone at once. */
export async function deleteBlob(target: Target, digest: string): Promise<void> {
  check(await target.registry.send('DELETE', blobPath(target.name, digest)), { status: 202 })
  await checkBlobAbsent(target, digest)
}
