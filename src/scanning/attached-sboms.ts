import { readSbom } from '../inventory/sbom/read.ts'
import type { Digest } from '../oci/digest.ts'
import { isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { purlOf } from '../packages/package-purl.ts'
import { listReferrers } from '../registry/lists.ts'
import { findRepositoryBlob, openBlob } from '../registry/pull-blob.ts'
import { readManifest, findVisibleHead } from '../registry/pull-manifest.ts'
import type { Registry } from '../registry/registry.ts'

const ARTIFACT_TYPES = [
  ...['application/vnd.cyclonedx+json', 'application/spdx+json', 'text/spdx+json'],
  ...['application/vnd.in-toto+json', 'application/vnd.dev.sigstore.bundle.v0.3+json'],
]
const MAX_DOCUMENTS = 8
/** Reading one is done at once, while others wait. */
const MAX_BYTES = 8 * 1024 * 1024
const MAX_PACKAGES = 5000

export interface AttachedSbom {
  readonly manifest: Digest
  readonly format: string
  readonly tool?: string
  readonly packages: { readonly purl: string; readonly name: string; readonly version: string }[]
  readonly truncated: boolean
  readonly problems: string[]
}

/** What others say that an image holds: read, and believed by nobody. */
export async function readAttachedSboms(
  registry: Registry,
  name: RepositoryName,
  subject: Digest,
): Promise<AttachedSbom[]> {
  const found: AttachedSbom[] = []
  for (const digest of await listAttached(registry, name, subject)) {
    if (found.length >= MAX_DOCUMENTS) break
    const content = await readOnlyLayer(registry, name, digest).catch((error: unknown) => {
      if (error instanceof OciError) return undefined
      throw error
    })
    const sbom = content && readSbom(content)
    if (sbom === undefined || sbom.format === 'unknown') continue
    const packages = sbom.packages.map((each) => ({ purl: purlOf(each), name: each.name, version: each.version }))
    found.push({
      ...{ manifest: digest, format: sbom.format, ...(sbom.tool !== undefined && { tool: sbom.tool }) },
      packages: packages.slice(0, MAX_PACKAGES),
      truncated: packages.length > MAX_PACKAGES,
      problems: [...sbom.problems],
    })
  }
  return found
}

/** How much there is to be read, at most. */
export async function attachedBytes(registry: Registry, name: RepositoryName, subject: Digest): Promise<number> {
  let bytes = 0
  for (const digest of await listAttached(registry, name, subject)) {
    const head = await findVisibleHead(registry, name, { digest })
    const manifest = head && parseManifest(await readManifest(registry, head), head.mediaType)
    const size = manifest?.blobs[1]?.size ?? 0
    if (size <= MAX_BYTES) bytes += size
  }
  return bytes
}

async function listAttached(registry: Registry, name: RepositoryName, subject: Digest): Promise<Digest[]> {
  const page = { after: '', limit: MAX_DOCUMENTS * 4 }
  const { items } = await listReferrers(registry, { name, subject, artifactTypes: ARTIFACT_TYPES, page })
  return items.map(({ digest }) => digest)
}

/** Undefined: it is too large, or there are several. @throws OciError for what is damaged or gone */
async function readOnlyLayer(
  registry: Registry,
  name: RepositoryName,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  const head = await findVisibleHead(registry, name, { digest })
  const manifest = head && parseManifest(await readManifest(registry, head), head.mediaType)
  const [, layer, ...more] = manifest?.blobs ?? []
  if (layer === undefined || more.length > 0 || layer.size > MAX_BYTES || !isDigest(layer.digest)) return undefined
  const blob = await findRepositoryBlob(registry, name, layer.digest)
  const opened = await openBlob(registry, blob)
  return opened instanceof Uint8Array ? opened : new Uint8Array(await opened.arrayBuffer())
}
