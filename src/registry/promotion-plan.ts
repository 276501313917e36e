import { Problem } from '../lib/problem.ts'
import { contentNamedBy, findStoredManifest } from '../metadata/bin-content.ts'
import type { Executor } from '../metadata/db.ts'
import { listReferrerRecords } from '../metadata/manifests.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { findTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isTag, type RepositoryName, type Tag } from '../oci/name.ts'

/** More than an image for every platform with every signature that a tool ever made. */
export const MAX_MANIFESTS = 1000

/** Of all their contents: they are in memory together. */
const MAX_BYTES = 64 * 1024 * 1024

/** One manifest to be copied, with the tag that a signature is found by. */
export interface PlannedManifest {
  readonly digest: Digest
  readonly manifest: Manifest
  readonly content: Uint8Array
  /** `sha256-<hex>.sig` and the like; empty for most. */
  readonly tags: readonly Tag[]
}

interface Source {
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
  readonly root: Digest
  /** Signatures, attestations and whatever else says that it belongs to an image that is copied. */
  readonly referrers: boolean
}

interface Found {
  readonly digest: Digest
  readonly tags: readonly Tag[]
}

/** Everything that an image consists of, each after what it needs. @throws Problem when it is too much */
export async function planPromotion(executor: Executor, source: Source): Promise<PlannedManifest[]> {
  const planned = new Map<Digest, PlannedManifest>()
  const seen = new Set<Digest>()
  let bytes = 0
  const visit = async ({ digest, tags }: Found): Promise<void> => {
    const known = planned.get(digest)
    if (known !== undefined) planned.set(digest, { ...known, tags: [...known.tags, ...tags] })
    if (seen.has(digest)) return
    seen.add(digest)
    // A part of an index may be a blob, or not be here at all.
    const stored = await findStoredManifest(executor, source.repositoryId, digest)
    if (stored === undefined || stored.deletion !== undefined) return
    for (const child of await childrenOf(executor, source, digest)) await visit(child)
    const { content, mediaType } = stored
    planned.set(digest, { digest, manifest: parseManifest(content, mediaType), content, tags })
    bytes += content.byteLength
    if (planned.size > MAX_MANIFESTS || bytes > MAX_BYTES)
      throw new Problem(
        'conflict',
        `it consists of more than ${MAX_MANIFESTS} manifests, or of 64 MiB; promote its parts`,
      )
    for (const other of await belongingTo(executor, source, digest)) await visit(other)
  }
  await visit({ digest: source.root, tags: [] })
  return [...planned.values()]
}

async function childrenOf(executor: Executor, { repositoryId }: Source, digest: Digest): Promise<Found[]> {
  const { children } = await contentNamedBy(executor, repositoryId, digest)
  return children.map((child) => ({ digest: child, tags: [] }))
}

async function belongingTo(executor: Executor, source: Source, digest: Digest): Promise<Found[]> {
  if (!source.referrers) return []
  const referrers = await referrersOf(executor, source, digest)
  return [...referrers.map((each) => ({ digest: each, tags: [] })), ...(await signatureTags(executor, source, digest))]
}

async function referrersOf(executor: Executor, { repository }: Source, subject: Digest): Promise<Digest[]> {
  const query = { name: repository, subject, artifactTypes: [], after: '', limit: MAX_MANIFESTS + 1 }
  return (await listReferrerRecords(executor, query)).map(({ digest }) => digest)
}

/** How cosign names what belongs to an image where it does not use referrers. */
async function signatureTags(executor: Executor, { repositoryId }: Source, digest: Digest): Promise<Found[]> {
  const found: Found[] = []
  for (const suffix of ['sig', 'att', 'sbom']) {
    const tag = `${digest.replace(':', '-')}.${suffix}`
    // A SHA-512 digest is too long for a tag.
    const named = isTag(tag) ? await findTag(executor, repositoryId, tag) : undefined
    if (isTag(tag) && named !== undefined) found.push({ digest: named, tags: [tag] })
  }
  return found
}
