import type { Actor } from '../lib/actor.ts'
import { createHasher } from '../lib/hasher.ts'
import { findLinkedSizes } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { visibleManifests } from '../metadata/manifest-graph.ts'
import { addManifest } from '../metadata/manifests.ts'
import { ensureRepository, type RepositoryId } from '../metadata/repositories.ts'
import { findTagExpiry, setTagExpiry } from '../metadata/tag-expiry.ts'
import { findTag, setTag } from '../metadata/tags.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { algorithmOf, type Digest, type DigestAlgorithm, isDigest, parseDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isNonDistributable, type MediaType } from '../oci/media-type.ts'
import { refuseMoments } from '../oci/moment.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Reference } from '../oci/reference.ts'
import { findWantedAge } from './expiry-label.ts'
import { reviewTime } from './keeping.ts'
import { checkGuards, type Operation, recordOperation, type TagChange } from './operation.ts'
import type { Registry } from './registry.ts'

export interface PushManifest {
  readonly repository: RepositoryName
  readonly reference: Reference
  /** Tags to set besides, for a push by digest. */
  readonly tags: readonly Tag[]
  readonly contentType: MediaType | undefined
  readonly content: Uint8Array<ArrayBuffer>
  readonly actor: Actor
  /** Thrown when a tag that exists would be moved; undefined: it may be. */
  readonly overwriteRefusal: OciError | undefined
  /** What it names comes later, from where it comes from. */
  readonly isIncomplete?: boolean
  /** Runs in the same transaction. */
  readonly alongside?: (tx: Transaction, repositoryId: RepositoryId) => Promise<void>
}

export interface PushedManifest {
  readonly digest: Digest
  readonly subject: string | undefined
}

/** end-7. One transaction: the manifest with its tags is there, durably, or nothing has changed. */
export async function pushManifest(registry: Registry, push: PushManifest): Promise<PushedManifest> {
  const manifest = parseManifest(push.content, push.contentType)
  const digest = digestFor(push)
  const tags = 'tag' in push.reference ? [push.reference.tag] : [...new Set(push.tags)]
  refuseMoments(tags)
  const wantedAgeMs = tags.length === 0 ? undefined : await findWantedAge(registry, push, manifest)
  await admitManifest(registry, push, { digest, manifest, tags })
  await registry.database.write(async (tx) => {
    const now = registry.clock.now()
    const { id: repositoryId, isNew: createsRepository } = await ensureRepository(tx, push.repository, now)
    if (push.isIncomplete !== true) await requireContent(registry, tx, { repositoryId, manifest })
    const changes: TagChange[] = []
    for (const tag of tags) changes.push({ tag, previous: await findTag(tx, repositoryId, tag) })
    requireMovable(push, changes, digest)
    const { repository, actor, content } = push
    const operation: Operation = {
      type: 'push-manifest',
      ...{ repository, repositoryId, actor, digest, manifest, tags: changes, createsRepository },
      sizeBytes: content.byteLength,
    }
    await checkGuards(registry.guards, operation, tx)
    const reviewAt = reviewTime(registry.keeping, now)
    await addManifest(tx, {
      repositoryId,
      digest,
      manifest,
      content,
      now,
      reviewAt: tags.length === 0 ? reviewAt : undefined,
    })
    const by = { actor, reason: '' }
    for (const change of changes) await setTag(tx, { ...change, repositoryId, digest, by, now, reviewAt })
    if (wantedAgeMs !== undefined) {
      const expiresAt = new Date(now.getTime() + wantedAgeMs)
      for (const change of changes) await setExpiry(tx, { repositoryId, digest, expiresAt }, change)
    }
    await recordOperation(registry, operation, tx)
    await push.alongside?.(tx, repositoryId)
  }, push.repository)
  return { digest, subject: manifest.subject?.digest }
}

/** What is brought from elsewhere comes without its content, and is judged when it is pulled. */
async function admitManifest(
  { guards }: Registry,
  { repository, actor, isIncomplete }: PushManifest,
  arriving: { readonly digest: Digest; readonly manifest: Manifest; readonly tags: readonly Tag[] },
): Promise<void> {
  if (isIncomplete === true) return
  for (const guard of guards) await guard.admitManifest?.({ ...arriving, repository, actor })
}

interface LabelledPush {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
  readonly expiresAt: Date
}

/** Pushing again what a tag names already only puts off a date that came from a label: what a user said of it holds. */
async function setExpiry(
  tx: Transaction,
  { repositoryId, digest, expiresAt }: LabelledPush,
  { tag, previous }: TagChange,
): Promise<void> {
  const place = { repository: repositoryId, tag }
  if (previous === digest) {
    const former = await findTagExpiry(tx, place)
    if (former?.source !== 'label' || former.expiresAt >= expiresAt) return
  }
  await setTagExpiry(tx, place, { expiresAt, source: 'label' })
}

/** Every tag, `latest` too, and however it is named: in the path or in a parameter (CVE-2026-31801). */
function requireMovable({ overwriteRefusal }: PushManifest, changes: readonly TagChange[], digest: Digest): void {
  const moved = changes.some(({ previous }) => previous !== undefined && previous !== digest)
  if (moved && overwriteRefusal !== undefined) throw overwriteRefusal
}

function digestFor({ reference, content }: PushManifest): Digest {
  if ('tag' in reference) return digestOfBytes('sha256', content)
  const actual = digestOfBytes(algorithmOf(reference.digest), content)
  if (actual === reference.digest) return actual
  throw new OciError('DIGEST_INVALID', {
    message: 'the manifest received has another digest than the one in the address',
    detail: { digest: reference.digest, received: actual },
  })
}

function digestOfBytes(algorithm: DigestAlgorithm, content: Uint8Array): Digest {
  const hasher = createHasher(algorithm)
  hasher.update(content)
  return parseDigest(`${algorithm}:${hasher.hex()}`)
}

interface Pushed {
  readonly repositoryId: RepositoryId
  readonly manifest: Manifest
}

/** Everything a manifest names must be in the same repository, and as large as it says. */
async function requireContent(registry: Registry, tx: Transaction, { repositoryId, manifest }: Pushed): Promise<void> {
  const wanted = manifest.blobs.filter((blob) => !isNonDistributable(blob.mediaType))
  const blobs = await findLinkedSizes(tx, repositoryId, digestsOf(wanted))
  const children = await childSizes(tx, repositoryId, digestsOf(manifest.children))
  const missing = [...missingIn(blobs, wanted), ...missingIn(children, manifest.children)]
  if (missing.length > 0 && !registry.limits.allowSparse) throw missingContent(missing)
}

function digestsOf(descriptors: readonly Descriptor[]): Digest[] {
  return descriptors.flatMap(({ digest }) => (isDigest(digest) ? [digest] : []))
}

function missingIn(sizes: ReadonlyMap<string, number>, descriptors: readonly Descriptor[]): Descriptor[] {
  return descriptors.filter((descriptor) => {
    const size = sizes.get(descriptor.digest)
    if (size !== undefined) requireSize(descriptor, size)
    return size === undefined
  })
}

/** An index may list blobs too: build caches do (moby/buildkit cache export). */
async function childSizes(
  tx: Transaction,
  repositoryId: RepositoryId,
  digests: readonly Digest[],
): Promise<ReadonlyMap<string, number>> {
  if (digests.length === 0) return new Map()
  const manifests = await visibleManifests(tx, repositoryId, digests)
  return new Map([
    ...(await findLinkedSizes(tx, repositoryId, digests)),
    ...manifests.map(({ digest, sizeBytes }) => [digest, sizeBytes] as const),
  ])
}

function requireSize({ digest, size }: Descriptor, actual: number): void {
  if (size === actual) return
  throw new OciError('MANIFEST_INVALID', {
    message: `the manifest says that ${digest} has ${size} bytes; it has ${actual}`,
    detail: { digest, size, actual },
  })
}

/** Clients read at most 64 KiB of an error. */
const MAX_NAMED = 100

function missingContent(missing: readonly Descriptor[]): OciError {
  const digests = [...new Set(missing.map((descriptor) => descriptor.digest))]
  return new OciError('MANIFEST_BLOB_UNKNOWN', {
    message: `push these to the same repository first: ${digests.slice(0, 5).join(', ')}${digests.length > 5 ? ', …' : ''}`,
    details: digests.slice(0, MAX_NAMED).map((digest) => ({ digest })),
  })
}
