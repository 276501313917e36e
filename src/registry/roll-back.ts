import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { digestAsOf } from '../metadata/tag-events.ts'
import { hasNamed, lastNamed } from '../metadata/tag-history.ts'
import { findTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { OciError } from '../oci/errors.ts'
import { refuseMoments } from '../oci/moment.ts'
import type { Tag } from '../oci/name.ts'
import { moveTags, type Spot, type TagRefusals } from './move-tags.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'
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
  refuseMoments([request.tag])
  return registry.database.write(async (tx) => {
    const spot = await spotOf(tx, place)
    const digest = await targetOf(tx, spot, request)
    return nameAgain(registry, tx, spot, { ...request, digest, reason: 'rolled back' })
  })
}

/** A deleted tag names again what it named last. @throws Problem, OciError */
export async function restoreTag(registry: Registry, place: Place, tag: Tag): Promise<RolledBack> {
  return registry.database.write(async (tx) => {
    const spot = await spotOf(tx, place)
    if ((await findTag(tx, spot.repositoryId, tag)) !== undefined)
      throw new Problem('conflict', `the tag "${tag}" is there; to move it, roll it back`)
    const digest = await lastNamed(tx, spot.repositoryId, tag)
    if (digest === undefined) throw new Problem('not-found', `nobody remembers a tag "${tag}" in ${place.repository}`)
    return nameAgain(registry, tx, spot, { tag, digest, reason: 'restored', refusals: {} })
  })
}

async function targetOf(tx: Transaction, { repositoryId, repository }: Spot, { tag, to }: RollBack): Promise<Digest> {
  if ('digest' in to) {
    if (await hasNamed(tx, repositoryId, { tag, digest: to.digest })) return to.digest
    throw new Problem('not-found', `"${tag}" never named ${to.digest} in ${repository}, as far as anybody remembers`)
  }
  const digest = await digestAsOf(tx, repositoryId, { tag, at: to.at })
  if (digest !== undefined) return digest
  throw new Problem('not-found', `"${tag}" named nothing in ${repository} at ${to.at.toISOString()}`)
}

interface NameAgain {
  readonly tag: Tag
  readonly digest: Digest
  readonly reason: string
  readonly refusals: RollBackRefusals
}

async function nameAgain(
  registry: Registry,
  tx: Transaction,
  spot: Spot,
  { tag, digest, reason, refusals }: NameAgain,
): Promise<RolledBack> {
  const { repositoryId } = spot
  const previous = await findTag(tx, repositoryId, tag)
  const isVisible = (await findManifestSize(tx, repositoryId, digest)) !== undefined
  if (!isVisible) {
    if (refusals.restore !== undefined) throw refusals.restore
    const plan = await planRestore(tx, repositoryId, [digest])
    if (plan.length === 0) throw new Problem('conflict', `${digest} is gone for good`)
    await restoreManifests(registry, tx, spot, plan)
  }
  await moveTags(registry, tx, spot, { tags: [tag], digest, reason, refusals })
  return { digest, previous, restored: !isVisible }
}
