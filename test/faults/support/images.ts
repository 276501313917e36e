import { type Answer, type Content, contentOf, send } from './client.ts'
import { OCI_MANIFEST } from './workload.ts'

/** A blob in one request. */
export function postBlob(url: string, repository: string, blob: Content): Promise<Answer> {
  return send(url, 'POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes })
}

/** A new session's path. */
export async function startUpload(url: string, repository: string): Promise<string> {
  const answer = await send(url, 'POST', `/v2/${repository}/blobs/uploads/`)
  const path = answer.headers.get('location')
  if (answer.status !== 202 || path === null) throw new Error(`${answer.asked}: ${answer.status}`)
  return path
}

export function patch(url: string, path: string, start: number, bytes: Uint8Array<ArrayBuffer>): Promise<Answer> {
  const headers = { 'content-range': `${start}-${start + bytes.length - 1}` }
  return send(url, 'PATCH', path, { headers, body: bytes })
}

export function finish(url: string, path: string, digest: string): Promise<Answer> {
  return send(url, 'PUT', `${path}?digest=${digest}`)
}

/** Bytes the session has, as it says itself; `0-0` counts as none. */
export async function offsetOf(url: string, path: string): Promise<number | undefined> {
  const answer = await send(url, 'GET', path)
  if (answer.status !== 204) return undefined
  const end = Number(answer.headers.get('range')?.split('-')[1])
  return end === 0 ? 0 : end + 1
}

/** An image of one layer, whose config is the layer. */
export function imageOf(layer: Content): Content {
  const descriptor = { mediaType: 'application/octet-stream', digest: layer.digest, size: layer.bytes.length }
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor, layers: [descriptor] }
  return contentOf(new TextEncoder().encode(JSON.stringify(body)))
}

export function putManifest(url: string, repository: string, reference: string, manifest: Content): Promise<Answer> {
  const headers = { 'content-type': OCI_MANIFEST }
  return send(url, 'PUT', `/v2/${repository}/manifests/${reference}`, { headers, body: manifest.bytes })
}
