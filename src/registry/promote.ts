import type { Actor } from '../lib/actor.ts'
import { batches } from '../lib/breaths.ts'
import { Problem } from '../lib/problem.ts'
import { holdsBlob, linkBlob } from '../metadata/blob-links.ts'
import { findLinkedSize } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { addManifest, findManifestByDigest, findManifestByTag, findManifestSize } from '../metadata/manifests.ts'
import { ensureRepository, type RepositoryId } from '../metadata/repositories.ts'
import { findTag, setTag } from '../metadata/tags.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { refuseMoments } from '../oci/moment.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { findAtMoment } from './as-of.ts'
import { reviewTime } from './keeping.ts'
import type { Spot } from './move-tags.ts'
import { checkGuards, type Operation, recordOperation, type TagChange } from './operation.ts'
import { type PlannedManifest, planPromotion } from './promotion-plan.ts'
import type { Registry } from './registry.ts'
import { breath, rehearse } from './rehearse.ts'

export interface Promotion {
  /** The caller may pull it. */
  readonly from: { readonly repository: RepositoryName; readonly reference: string }
  readonly to: RepositoryName
  /** Empty: without a tag. */
  readonly tags: readonly Tag[]
  /** Whether signatures, attestations and the like go along. */
  readonly referrers: boolean
  readonly actor: Actor
  /** Thrown when a tag that exists would be moved; undefined: it may be. */
  readonly overwriteRefusal: OciError | undefined
  /** Runs when it is known that the source is there, before anything is changed. */
  readonly prepare?: () => Promise<void>
}

export interface Promoted {
  readonly digest: Digest
  /** That the target did not have. */
  readonly manifests: number
  readonly blobs: number
}

/**
 * Copies an image with all that belongs to it into another repository, without moving a byte: the same manifests name
 * the same stored blobs. One of very many manifests comes in several steps, and gets its tags in the last: what was
 * interrupted left nothing with a name, and the collector takes it. @throws OciError, Problem
 */
export async function promote(registry: Registry, promotion: Promotion): Promise<Promoted> {
  refuseMoments(promotion.tags)
  const { from, referrers } = promotion
  const { repositoryId, digest: root } = await findSource(registry, promotion)
  const source = { repository: from.repository, repositoryId, root, referrers }
  const plan = await planPromotion(registry.database.reader, source)
  await passGates(registry, promotion, plan)
  await promotion.prepare?.()
  if (plan.length <= AT_ONCE) {
    const only = { plan, root, source: repositoryId }
    return { digest: root, ...(await registry.database.write((tx) => copy(registry, tx, promotion, only))) }
  }
  return promoteInSteps(registry, promotion, { plan, root, source: repositoryId })
}

/** Whoever promotes pulls: what would be refused to him there does not come here either. @throws OciError */
async function passGates(
  { database, gates = [] }: Registry,
  { from: { repository }, actor }: Promotion,
  plan: readonly PlannedManifest[],
): Promise<void> {
  if (gates.length === 0) return
  for (const { digest } of plan) {
    const head = await findManifestByDigest(database.reader, repository, digest)
    if (head !== undefined) for (const gate of gates) await gate.check({ repository, head, actor: () => actor })
  }
}

/** So many manifests are copied in one transaction: all other writers wait for it. */
const AT_ONCE = 20

async function promoteInSteps(
  registry: Registry,
  promotion: Promotion,
  { plan, root, source }: Copy,
): Promise<Promoted> {
  const whole = plan.find(({ digest }) => digest === root)
  if (whole === undefined) throw changedMeanwhile()
  const planned = { ...whole, tags: [...whole.tags, ...promotion.tags] }
  await rehearse(registry, async (tx) => {
    const target = await openTarget(registry, tx, promotion)
    await place(registry, tx, target, { planned, promotion })
  })
  const parts = plan.filter(({ digest }) => digest !== root).map((part) => ({ ...part, tags: [] }))
  // Its signatures are here when it gets its tag, and then their own: those without it would be about nothing.
  const signatures = plan.filter(({ digest, tags }) => digest !== root && tags.length > 0)
  const steps = [...batches(parts, AT_ONCE), ...batches([whole, ...signatures], AT_ONCE)]
  const done = { manifests: 0, blobs: 0 }
  for (const step of steps) {
    const { manifests, blobs } = await registry.database.write((tx) =>
      copy(registry, tx, promotion, { plan: step, root, source }),
    )
    done.manifests += manifests
    done.blobs += blobs
    await breath()
  }
  return { digest: root, ...done }
}

async function openTarget(registry: Registry, tx: Transaction, { to: repository, actor }: Promotion): Promise<Target> {
  const made = await ensureRepository(tx, repository, registry.clock.now())
  return { repository, actor, repositoryId: made.id, createsRepository: made.isNew }
}

async function findSource(
  registry: Registry,
  { from }: Promotion,
): Promise<{ readonly repositoryId: RepositoryId; readonly digest: Digest }> {
  const { repository, reference: text } = from
  const { reader } = registry.database
  const reference = findableReference(text)
  const head =
    reference === undefined
      ? undefined
      : 'tag' in reference
        ? await findManifestByTag(reader, repository, reference.tag)
        : await findManifestByDigest(reader, repository, reference.digest)
  const found = head ?? (await findAtMoment(registry, repository, text))
  if (found === undefined) throw new OciError('MANIFEST_UNKNOWN', { detail: { reference: text.slice(0, 300) } })
  return found
}

interface Copy {
  readonly plan: readonly PlannedManifest[]
  readonly root: Digest
  readonly source: RepositoryId
}

interface Target extends Spot {
  /** Of the first change only. */
  createsRepository: boolean
}

async function copy(
  registry: Registry,
  tx: Transaction,
  promotion: Promotion,
  { plan, root, source }: Copy,
): Promise<Omit<Promoted, 'digest'>> {
  const target = await openTarget(registry, tx, promotion)
  let manifests = 0
  let blobs = 0
  for (const planned of plan) {
    if ((await findManifestSize(tx, source, planned.digest)) === undefined) throw changedMeanwhile()
    for (const digest of blobsOf(planned))
      if (await link(registry, tx, target, { source, digest, neededBy: planned })) blobs++
    const tags = planned.digest === root ? [...planned.tags, ...promotion.tags] : planned.tags
    if (await place(registry, tx, target, { planned: { ...planned, tags }, promotion })) manifests++
  }
  return { manifests, blobs }
}

function changedMeanwhile(): Problem {
  return new Problem('conflict', 'the image was changed or deleted a moment ago; try again')
}

/** An index may list blobs too. */
function blobsOf({ manifest }: PlannedManifest): Digest[] {
  const named = [...manifest.blobs, ...manifest.children].map(({ digest }) => digest)
  return [...new Set(named)].filter((digest) => isDigest(digest))
}

/** Only what the source holds itself: whatever else is stored is none of its readers' business. Returns whether it is new. */
async function link(
  registry: Registry,
  tx: Transaction,
  target: Target,
  { source, digest, neededBy }: { source: RepositoryId; digest: Digest; neededBy: PlannedManifest },
): Promise<boolean> {
  const sizeBytes = await findLinkedSize(tx, source, digest)
  if (sizeBytes === undefined) {
    await requireDispensable(registry, tx, target, { digest, neededBy })
    return false
  }
  const { repositoryId } = target
  const isNew = !(await holdsBlob(tx, repositoryId, digest))
  if (isNew) await announce(registry, tx, target, { type: 'push-blob', digest, sizeBytes, isNew })
  const { leaseMs } = registry.keeping
  await linkBlob(tx, { repository: repositoryId, digest, now: registry.clock.now(), leaseMs })
  return isNew
}

/** What the source lacks must be nothing that a push to the target would need. */
async function requireDispensable(
  { limits }: Registry,
  tx: Transaction,
  { repositoryId }: Target,
  { digest, neededBy: { manifest } }: { digest: Digest; neededBy: PlannedManifest },
): Promise<void> {
  if (limits.allowSparse) return
  const isLayer = manifest.blobs.some((blob) => blob.digest === digest && !isNonDistributable(blob.mediaType))
  const isPart = manifest.children.some((child) => child.digest === digest)
  if (!isLayer && !isPart) return
  // The parts of an index were copied before it.
  if (isPart && (await findManifestSize(tx, repositoryId, digest)) !== undefined) return
  throw new OciError('MANIFEST_BLOB_UNKNOWN', {
    message: `the image is not complete: its repository lacks ${digest}`,
    detail: { digest },
  })
}

type Announcement =
  | { readonly type: 'push-blob'; readonly digest: Digest; readonly sizeBytes: number; readonly isNew: boolean }
  | {
      readonly type: 'push-manifest'
      readonly digest: Digest
      readonly sizeBytes: number
      readonly manifest: PlannedManifest['manifest']
      readonly tags: readonly TagChange[]
      readonly from: RepositoryName
    }

/** Asks the guards, the first time with the word that the repository is new. */
async function announce(registry: Registry, tx: Transaction, target: Target, change: Announcement): Promise<Operation> {
  const { repository, repositoryId, actor, createsRepository } = target
  const operation: Operation = { ...change, repository, repositoryId, actor, createsRepository }
  await checkGuards(registry.guards, operation, tx)
  target.createsRepository = false
  return operation
}

/** Returns whether the target did not have the manifest. */
async function place(
  registry: Registry,
  tx: Transaction,
  target: Target,
  { planned, promotion }: { planned: PlannedManifest; promotion: Promotion },
): Promise<boolean> {
  const { digest, manifest, content } = planned
  const { repositoryId, actor } = target
  const isNew = (await findManifestSize(tx, repositoryId, digest)) === undefined
  const tags = await changesOf(tx, target, planned, promotion.overwriteRefusal)
  if (!isNew && tags.length === 0) return false
  const about = { digest, sizeBytes: content.byteLength, manifest, tags, from: promotion.from.repository }
  const change = { type: 'push-manifest', ...about } as const
  const operation = await announce(registry, tx, target, change)
  const now = registry.clock.now()
  const reviewAt = reviewTime(registry.keeping, now)
  const looked = tags.length === 0 ? reviewAt : undefined
  await addManifest(tx, { ...{ repositoryId, digest, manifest, content, now }, reviewAt: looked })
  // Whoever may see this repository's history may know nothing of the other one: that is in the audit.
  const by = { actor, reason: 'promoted' }
  for (const change of tags) await setTag(tx, { ...change, repositoryId, digest, by, now, reviewAt })
  await recordOperation(registry, operation, tx)
  return isNew
}

/** Tags that would move: those that name the manifest already stay. @throws OciError */
async function changesOf(
  tx: Transaction,
  { repositoryId }: Target,
  { tags, digest }: PlannedManifest,
  overwriteRefusal: OciError | undefined,
): Promise<TagChange[]> {
  const changes: TagChange[] = []
  for (const tag of new Set(tags)) {
    const previous = await findTag(tx, repositoryId, tag)
    if (previous === digest) continue
    if (previous !== undefined && overwriteRefusal !== undefined) throw overwriteRefusal
    changes.push({ tag, previous })
  }
  return changes
}
