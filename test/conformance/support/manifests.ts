import { z } from 'zod'
import { check } from './check.ts'
import type { Answer, Registry } from './client.ts'
import type { Target } from './uploads.ts'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar'
export const OCI_LAYER_GZIP = `${OCI_LAYER}+gzip`
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json'
export const OCTET_STREAM = 'application/octet-stream'

export interface Platform {
  readonly os: string
  readonly architecture: string
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly [field: string]: unknown
}

export interface Manifest {
  readonly mediaType: string
  readonly digest: string
  readonly bytes: Uint8Array
  readonly subject?: string
}

export const Index = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(OCI_INDEX),
  manifests: z.array(
    z.strictObject({
      mediaType: z.string(),
      digest: z.string(),
      size: z.number(),
      artifactType: z.string().optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
  ),
})

export const TagList = z.strictObject({ name: z.string(), tags: z.array(z.string()) })

export function manifestPath(name: string, reference: string): string {
  return `/v2/${name}/manifests/${reference}`
}

/** end-7a */
export function putManifest(
  { registry, name }: Target,
  reference: string,
  { bytes, mediaType }: Pick<Manifest, 'bytes' | 'mediaType'>,
  query: Readonly<Record<string, readonly string[]>> = {},
): Promise<Answer> {
  const headers = { 'Content-Type': mediaType }
  return registry.send('PUT', manifestPath(name, reference), { query, headers, body: bytes.slice() })
}

/** What a push answers; without `OCI-Subject` a client believes that it has to keep referrers in a fallback tag. */
export function pushed(name: string, manifest: Manifest) {
  return {
    status: 201,
    headers: {
      Location: manifestPath(name, manifest.digest),
      'Docker-Content-Digest': manifest.digest,
      'OCI-Subject': manifest.subject ?? null,
      'Content-Length': '0',
    },
  }
}

function headers(manifest: Manifest) {
  return {
    'Content-Type': manifest.mediaType,
    'Content-Length': String(manifest.bytes.length),
    'Docker-Content-Digest': manifest.digest,
    ETag: `"${manifest.digest}"`,
    'Content-Encoding': null,
  }
}

/** end-3, HEAD and GET: byte for byte what was pushed. */
export async function checkManifest({ registry, name }: Target, reference: string, manifest: Manifest): Promise<void> {
  const path = manifestPath(name, reference)
  const accept = { headers: { Accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } }
  check(await registry.send('HEAD', path, accept), { status: 200, headers: headers(manifest), body: '' })
  check(await registry.send('GET', path, accept), { status: 200, headers: headers(manifest), body: manifest.bytes })
}

export async function checkManifestAbsent({ registry, name }: Target, reference: string): Promise<void> {
  const path = manifestPath(name, reference)
  check(await registry.send('HEAD', path), { status: 404, body: '' })
  check(await registry.send('GET', path), { status: 404, error: 'MANIFEST_UNKNOWN' })
}

/** end-9, by tag or by digest, and gone at once. */
export async function deleteManifest(target: Target, reference: string): Promise<void> {
  check(await target.registry.send('DELETE', manifestPath(target.name, reference)), { status: 202 })
  await checkManifestAbsent(target, reference)
}

/** end-8a */
export async function listTags(
  { registry, name }: Target,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await registry.send('GET', `/v2/${name}/tags/list`, { query })
  return check(answer, { status: 200, headers: { 'Content-Type': 'application/json' } })
}

/** end-12a */
export async function listReferrers(
  registry: Registry,
  { name, subject, artifactType }: { name: string; subject: string; artifactType?: string | readonly string[] },
): Promise<Answer> {
  const query: Record<string, string | readonly string[]> = artifactType === undefined ? {} : { artifactType }
  const answer = await registry.send('GET', `/v2/${name}/referrers/${subject}`, { query })
  const applied = artifactType === undefined ? null : 'artifactType'
  return check(answer, { status: 200, headers: { 'Content-Type': OCI_INDEX, 'OCI-Filters-Applied': applied } })
}
