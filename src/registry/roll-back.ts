import { batches } from '../lib/breaths.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { digestAsOf } from '../metadata/tag-events.ts'
import { hasNamed, lastNamed } from '../metadata/tag-history.ts'
import { findTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { OciError } from '../oci/errors.ts'
import { refuseMoments } from '../oci/moment.ts'
import type { Tag } from '../oci/name.ts'
import { admitMove, moveTags, type Spot, type TagRefusals } from './move-tags.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'
import { breath, rehearse } from './rehearse.ts'
import { planRestore, restoreManifests } from './restore-manifests.ts'
import { spotOf } from './retag.ts'

/** What a caller may not do, with what a manifest of the recycle bin takes besides. */
export interface RollBackRefusals extends TagRefusals {
  /** The manifest would have to be restored. */
  readonly restore?: OciError | undefined
}

export interface RollBack {
  readonly tag: Tag
  /** Something that the tag named before, or what it named at a moment. */
  readonly to: { readonly digest: Digest } | { readonly at: Date }
  readonly refusals: RollBackRefusals
}

export interface RolledBack {
  readonly digest: Digest
  /** Undefined: the tag was not there. */
  readonly previous: Digest | undefined
  /** Whether the manifest came back from the recycle bin. */
  readonly restored: boolean
}

/** A tag names again what it named before. @throws Problem, OciError */
export async function rollBack(registry: Registry, place: Place, request: RollBack): Promise<RolledBack> {
  const { tag, refusals } = request
  refuseMoments([tag])
  const find = (executor: Executor, spot: Spot) => targetOf(executor, spot, request)
  return nameAgain(registry, place, { tag, find, reason: 'rolled back', refusals })
}

/** A deleted tag names again what it named last. @throws Problem, OciError */
export async function restoreTag(registry: Registry, place: Place, tag: Tag): Promise<RolledBack> {
  const find = (executor: Executor, spot: Spot) => lostTargetOf(executor, spot, tag)
  return nameAgain(registry, place, { tag, find, reason: 'restored', refusals: {} })
}

async function lostTargetOf(executor: Executor, { repositoryId, repository }: Spot, tag: Tag): Promise<Digest> {
  if ((await findTag(executor, repositoryId, tag)) !== undefined)
    throw new Problem('conflict', `the tag "${tag}" is there; to move it, roll it back`)
  const digest = await lastNamed(executor, repositoryId, tag)
  if (digest === undefined) throw new Problem('not-found', `nobody remembers a tag "${tag}" in ${repository}`)
  return digest
}

async function targetOf(
  executor: Executor,
  { repositoryId, repository }: Spot,
  { tag, to }: RollBack,
): Promise<Digest> {
  if ('digest' in to) {
    if (await hasNamed(executor, repositoryId, { tag, digest: to.digest })) return to.digest
    throw new Problem('not-found', `"${tag}" never named ${to.digest} in ${repository}, as far as anybody remembers`)
  }
  const digest = await digestAsOf(executor, repositoryId, { tag, at: to.at })
  if (digest !== undefined) return digest
  throw new Problem('not-found', `"${tag}" named nothing in ${repository} at ${to.at.toISOString()}`)
}

interface NameAgain {
  readonly tag: Tag
  /** What it is to name. */
  readonly find: (executor: Executor, spot: Spot) => Promise<Digest>
  readonly reason: string
  readonly refusals: RollBackRefusals
}

/** So many manifests come back in one transaction: all other writers wait for it. */
const AT_ONCE = 50

async function nameAgain(registry: Registry, place: Place, request: NameAgain): Promise<RolledBack> {
  await restoreParts(registry, place, request)
  const { tag, find, reason, refusals } = request
  return registry.database.write(async (tx) => {
    const spot = await spotOf(tx, place)
    const { repositoryId } = spot
    const digest = await find(tx, spot)
    const previous = await findTag(tx, repositoryId, tag)
    const isVisible = (await findManifestSize(tx, repositoryId, digest)) !== undefined
    if (!isVisible) {
      if (refusals.restore !== undefined) throw refusals.restore
      const plan = await planRestore(tx, repositoryId, [digest])
      if (plan.length === 0) throw new Problem('conflict', `${digest} is gone for good`)
      await restoreManifests(registry, tx, spot, { plan })
    }
    await moveTags(registry, tx, spot, { tags: [tag], digest, reason, refusals })
    return { digest, previous, restored: !isVisible }
  })
}

/**
 * Of an image with very many parts, these come back before it, some at a time. Nothing names them then: if it goes no
 * further, the collector takes them again.
 */
async function restoreParts(registry: Registry, place: Place, request: NameAgain): Promise<void> {
  const { tag, find, reason, refusals } = request
  const { database } = registry
  const spot = await spotOf(database.reader, place)
  const digest = await find(database.reader, spot)
  const plan = await planRestore(database.reader, spot.repositoryId, [digest])
  if (plan.length <= AT_ONCE) return
  if (refusals.restore !== undefined) throw refusals.restore
  await rehearse(registry, async (tx) => {
    await admitMove(registry, tx, spot, { tags: [tag], digest, reason, refusals })
  })
  const parts = plan.filter((part) => part !== digest)
  for (const batch of batches(parts, AT_ONCE)) {
    await database.writeRelaxed(async (tx) => restoreManifests(registry, tx, await spotOf(tx, place), { plan: batch }))
    await breath()
  }
}
