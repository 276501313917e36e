import { type Content, content, randomBytes } from './content.ts'
import { check } from './check.ts'
import * as m from './manifests.ts'
import { OCTETS, type Target, startUpload } from './uploads.ts'

export interface OlderImage {
  readonly config: Content
  readonly layer: Content
  readonly manifest: m.Manifest
}

/** An image as the older suite makes it: indented by tabs, its config in the descriptor too, and a field nobody knows. */
export function olderImage(label: string): OlderImage {
  const author = Buffer.from(randomBytes(`older/${label}`, 12)).toString('hex')
  const config = content(
    tabbed({ architecture: 'amd64', os: 'linux', author, rootfs: { type: 'layers', diff_ids: [] } }),
  )
  const layer = content(Bun.gzipSync(new TextEncoder().encode('the same layer for every image')))
  const layers = [{ mediaType: m.OCI_LAYER_GZIP, size: layer.bytes.length, digest: layer.digest }]
  const body = { schemaVersion: 2, mediaType: m.OCI_MANIFEST, config: configOf(config), layers }
  return { config, layer, manifest: olderManifest(body) }
}

export function configOf({ bytes, digest }: Content) {
  const data = Buffer.from(bytes).toString('base64')
  const newUnspecifiedField = Buffer.from('hello world').toString('base64')
  return { mediaType: m.OCI_CONFIG, digest, size: bytes.length, data, newUnspecifiedField }
}

export function olderManifest(body: Readonly<Record<string, unknown>>, subject?: string): m.Manifest {
  const mediaType = body.mediaType === m.OCI_INDEX ? m.OCI_INDEX : m.OCI_MANIFEST
  return { mediaType, ...content(tabbed(body)), ...(subject !== undefined && { subject }) }
}

function tabbed(value: unknown): string {
  return JSON.stringify(value, null, '\t')
}

/** POST, PUT: how its setups push. */
export async function put(target: Target, blob: Content): Promise<void> {
  const location = await startUpload(target)
  const ask = { query: { digest: blob.digest }, headers: OCTETS, body: blob.bytes.slice() }
  check(await target.registry.send('PUT', location, ask), { status: 201, headers: { Location: /./ } })
}

export async function putImage(target: Target, image: OlderImage, reference: string): Promise<void> {
  for (const blob of [image.config, image.layer]) await put(target, blob)
  check(await m.putManifest(target, reference, image.manifest), m.pushed(target.name, image.manifest))
}
