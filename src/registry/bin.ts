import type { Transaction } from '../metadata/db.ts'
import { addDeletion, hideManifest, removeDeletion } from '../metadata/deletions.ts'
import { releaseContentOf } from '../metadata/releases.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { DeletionKind } from '../metadata/schema.ts'
import { removeTag, tagsOn } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { reviewTime } from './keeping.ts'
import type { Place } from './place.ts'
import { checkGuards, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'

export interface Bin {
  readonly kind: DeletionKind
  /** For people: which rule or command. */
  readonly reason: string
  readonly digests: readonly Digest[]
  /** Since when nothing names what these name, if that is not now: content goes a lease after what held it. */
  readonly namedUntil?: Date
  /** What is removed in several steps is one deletion all the same: the one of the first step. */
  readonly deletion?: number | undefined
  /** That went in steps before, for the audit. */
  readonly tagsBefore?: readonly Tag[]
}

/**
 * Puts manifests of one repository into the recycle bin, with every tag on them, as one deletion. Whether anything needs
 * them is for the caller to know. Returns the deletion; undefined when none of them was visible.
 */
export async function binManifests(
  registry: Registry,
  tx: Transaction,
  { repositoryId, repository, actor }: Place & { readonly repositoryId: RepositoryId },
  { kind, reason, digests, namedUntil, deletion: former, tagsBefore = [] }: Bin,
): Promise<number | undefined> {
  const now = registry.clock.now()
  const tags: Tag[] = []
  for (const digest of digests) tags.push(...(await tagsOn(tx, repositoryId, digest)))
  const operation = {
    ...{ repository, repositoryId, actor },
    ...({ type: 'delete-manifests', kind, reason, digests, tags } as const),
  }
  await checkGuards(registry.guards, operation, tx)
  const purgeAt = new Date(now.getTime() + registry.keeping.binMs)
  const deletion = former ?? (await addDeletion(tx, { repositoryId, kind, reason, actor, now, purgeAt }))
  const reviewAt = reviewTime(registry.keeping, now)
  for (const tag of tags) await removeTag(tx, { repositoryId, tag, by: { actor, reason, deletion }, now, reviewAt })
  let hidden = 0
  for (const digest of digests) {
    if (!(await hideManifest(tx, { repositoryId, digest, deletion, now }))) continue
    hidden++
    await releaseContentOf(tx, {
      repositoryId,
      digest,
      now,
      reviewAt: namedUntil === undefined ? reviewAt : new Date(now.getTime() + registry.keeping.leaseMs),
      namedUntil,
    })
  }
  if (hidden === 0) {
    if (former === undefined) await removeDeletion(tx, deletion)
    return undefined
  }
  await recordOperation(registry, { ...operation, tags: [...tagsBefore, ...tags] }, tx)
  return deletion
}
