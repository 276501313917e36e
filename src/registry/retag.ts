import type { Executor, Transaction } from '../metadata/db.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import { findTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseTagAtMoment, refuseMoments } from '../oci/moment.ts'
import type { Tag } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { resolveMoment } from './as-of.ts'
import { moveTags, type Spot, type TagRefusals } from './move-tags.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'
import { unknownRepository } from './unknown-repository.ts'

export interface Retag {
  readonly tags: readonly Tag[]
  /** A digest or a tag of the same repository, also a tag at a moment. */
  readonly from: string
  /** For people. */
  readonly reason: string
  readonly refusals: TagRefusals
}

/**
 * Sets tags to a manifest that is in the repository, without moving a byte. Returns what they name now.
 * @throws OciError NAME_UNKNOWN, MANIFEST_UNKNOWN, MANIFEST_INVALID, DENIED
 */
export async function retag(registry: Registry, place: Place, request: Retag): Promise<Digest> {
  refuseMoments(request.tags)
  return registry.database.write(async (tx) => {
    const spot = await spotOf(tx, place)
    const digest = await resolveReference(tx, spot, { text: request.from, now: registry.clock.now() })
    await moveTags(registry, tx, spot, { ...request, digest })
    return digest
  })
}

/** @throws OciError NAME_UNKNOWN */
export async function spotOf(executor: Executor, place: Place): Promise<Spot> {
  const repositoryId = await findRepository(executor, place.repository)
  if (repositoryId === undefined) throw unknownRepository(place.repository)
  return { repository: place.repository, actor: place.actor, repositoryId }
}

/** @throws OciError MANIFEST_UNKNOWN */
async function resolveReference(
  tx: Transaction,
  { repository, repositoryId }: Spot,
  { text, now }: { readonly text: string; readonly now: Date },
): Promise<Digest> {
  const reference = findableReference(text)
  const digest =
    reference === undefined
      ? undefined
      : 'digest' in reference
        ? reference.digest
        : await findTag(tx, repositoryId, reference.tag)
  if (digest !== undefined && (await findManifestSize(tx, repositoryId, digest)) !== undefined) return digest
  const moment = parseTagAtMoment(text)
  if (moment !== undefined) return (await resolveMoment(tx, repository, { moment, now })).digest
  throw new OciError('MANIFEST_UNKNOWN', { detail: { reference: text.slice(0, 300) } })
}
