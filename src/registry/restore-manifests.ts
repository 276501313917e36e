import { holdsBlob, linkBlob } from '../metadata/blob-links.ts'
import { findStoredBlob } from '../metadata/blobs.ts'
import {
  contentNamedBy,
  findStoredManifest,
  isEmptied,
  lostReferrers,
  tookMoreTagsThan,
} from '../metadata/bin-content.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import { removeDeletion, unhideManifest } from '../metadata/deletions.ts'
import { addReferences, touchManifest } from '../metadata/manifests.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { Breaths } from '../lib/breaths.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import { parseManifest } from '../oci/manifest.ts'
import { reviewTime } from './keeping.ts'
import type { Spot } from './move-tags.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'

/** A manifest in the recycle bin. */
export interface Binned {
  readonly digest: Digest
  readonly deletion: number
}

/** More than one image with all its platforms and signatures. */
const MAX_OF_ONE = 5000

/**
 * Manifests of the recycle bin with those that they need: what an index lists, and the signatures that went because
 * their image had gone. Each comes after what it needs.
 */
export async function planRestore(
  executor: Executor,
  repository: RepositoryId,
  roots: readonly Digest[],
): Promise<Digest[]> {
  const breaths = new Breaths()
  const seen = new Set<Digest>()
  const order: Digest[] = []
  const visit = async (digest: Digest): Promise<void> => {
    if (seen.has(digest)) return
    seen.add(digest)
    if (seen.size > MAX_OF_ONE + roots.length) throw new Problem('conflict', `${digest} is part of too much`)
    await breaths.take()
    const stored = await findStoredManifest(executor, repository, digest)
    if (stored?.deletion === undefined) return
    for (const child of (await contentNamedBy(executor, repository, digest)).children) await visit(child)
    order.push(digest)
    for (const referrer of await lostReferrers(executor, repository, digest)) await visit(referrer)
  }
  for (const root of roots) await visit(root)
  return order
}

export interface Restore {
  readonly plan: readonly Digest[]
  /** A deletion that is not forgotten with its last manifest: there are tags of it still to come. */
  readonly keeping?: number
}

/** With a deletion each of its tags forgets it; one that took very many goes in its time. */
const MAX_TAGS = 200

async function isOver(tx: Transaction, deletion: number): Promise<boolean> {
  return (await isEmptied(tx, deletion)) && !(await tookMoreTagsThan(tx, deletion, MAX_TAGS))
}

/**
 * Makes manifests visible again, in the order of a plan, with every blob that their repository held when they were
 * deleted. Those that are visible already stay as they are. Returns those that came back.
 * @throws Problem, OciError
 */
export async function restoreManifests(
  registry: Registry,
  tx: Transaction,
  spot: Spot,
  { plan, keeping }: Restore,
): Promise<readonly Binned[]> {
  const manifests: Binned[] = []
  for (const digest of plan) {
    const manifest = await requireRestorable(registry, tx, spot, digest)
    if (manifest !== undefined) manifests.push(manifest)
  }
  if (manifests.length === 0) return manifests
  const digests = manifests.map(({ digest }) => digest)
  const operation: Operation = { ...spot, type: 'restore-manifests', digests }
  await checkGuards(registry.guards, operation, tx)
  for (const { digest } of manifests) await restoreOne(registry, tx, spot, digest)
  for (const deletion of new Set(manifests.map((manifest) => manifest.deletion)))
    if (deletion !== keeping && (await isOver(tx, deletion))) await removeDeletion(tx, deletion)
  await recordOperation(registry, operation, tx)
  return manifests
}

/** Undefined: it is visible. @throws Problem when it is gone */
async function requireRestorable(
  { clock }: Registry,
  tx: Transaction,
  { repositoryId }: Spot,
  digest: Digest,
): Promise<Binned | undefined> {
  const manifest = await findStoredManifest(tx, repositoryId, digest)
  if (manifest === undefined) throw new Problem('conflict', `${digest} is gone for good`)
  const { deletion, restorableUntil } = manifest
  if (deletion === undefined || restorableUntil === undefined) return undefined
  if (restorableUntil > clock.now()) return { digest, deletion }
  throw new Problem('conflict', `${digest} is gone for good since ${restorableUntil.toISOString()}`)
}

async function restoreOne(registry: Registry, tx: Transaction, spot: Spot, digest: Digest): Promise<void> {
  const { repositoryId } = spot
  const { blobs, children } = await contentNamedBy(tx, repositoryId, digest)
  for (const blob of blobs) await holdAgain(registry, tx, spot, { digest: blob, neededBy: digest })
  for (const child of children) {
    const manifest = await findStoredManifest(tx, repositoryId, child)
    if (manifest === undefined) await holdAgain(registry, tx, spot, { digest: child, neededBy: digest })
    else if (manifest.deletion !== undefined)
      throw new Problem('conflict', `${child}, a part of ${digest}, was deleted a moment ago; try again`)
  }
  const now = registry.clock.now()
  await unhideManifest(tx, { repositoryId, digest, reviewAt: reviewTime(registry.keeping, now) })
  // As if it had been pushed now: what nothing names has its time again.
  await touchManifest(tx, { repositoryId, digest }, now)
  // Its content is read only now: all of a deletion together may be large.
  const stored = await findStoredManifest(tx, repositoryId, digest)
  if (stored === undefined) throw new Error(`${digest} is not there, though it was restored`)
  await addReferences(tx, { repositoryId, digest, manifest: parseManifest(stored.content, stored.mediaType) })
}

async function holdAgain(
  registry: Registry,
  tx: Transaction,
  spot: Spot,
  { digest, neededBy }: { readonly digest: Digest; readonly neededBy: Digest },
): Promise<void> {
  const blob = await findStoredBlob(tx, digest)
  if (blob === undefined || blob.damaged)
    throw new Problem(
      'conflict',
      `${neededBy} cannot be restored: its part ${digest} is ${blob === undefined ? 'gone' : 'damaged'}; push it again`,
    )
  const { repositoryId } = spot
  if (!(await holdsBlob(tx, repositoryId, digest))) {
    const { sizeBytes } = blob
    const link = { type: 'push-blob', digest, sizeBytes, isNew: true, createsRepository: false } as const
    await checkGuards(registry.guards, { ...spot, ...link }, tx)
  }
  const { leaseMs } = registry.keeping
  await linkBlob(tx, { repository: repositoryId, digest, now: registry.clock.now(), leaseMs })
}
