import type { Transaction } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { findTag, setTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { OciError } from '../oci/errors.ts'
import type { Tag } from '../oci/name.ts'
import { reviewTime } from './keeping.ts'
import { checkGuards, type Operation, recordOperation, type TagChange } from './operation.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'

/** A place whose repository is known to be there. */
export interface Spot extends Place {
  readonly repositoryId: RepositoryId
}

/** What the caller may not do, as the error to be thrown when it has to be done; undefined: he may. */
export interface TagRefusals {
  /** A tag that is not there yet would be set. */
  readonly push?: OciError | undefined
  /** A tag would name something else than now. */
  readonly overwrite?: OciError | undefined
}

export interface TagMove {
  readonly tags: readonly Tag[]
  /** Of a visible manifest. */
  readonly digest: Digest
  readonly reason: string
  readonly refusals: TagRefusals
}

/** Sets tags to a manifest that is there. Those that name it already stay as they are. @throws OciError */
export async function moveTags(registry: Registry, tx: Transaction, spot: Spot, move: TagMove): Promise<void> {
  const { digest, reason } = move
  const operation = await admitMove(registry, tx, spot, move)
  if (operation === undefined) return
  const now = registry.clock.now()
  const reviewAt = reviewTime(registry.keeping, now)
  const by = { actor: spot.actor, reason }
  for (const change of operation.tags)
    await setTag(tx, { ...change, repositoryId: spot.repositoryId, digest, by, now, reviewAt })
  await recordOperation(registry, operation, tx)
}

/** What would be done, if nobody refuses it; undefined: nothing. @throws OciError */
export async function admitMove(
  registry: Registry,
  tx: Transaction,
  spot: Spot,
  move: TagMove,
): Promise<Extract<Operation, { type: 'move-tags' }> | undefined> {
  const { digest, reason } = move
  const tags = await changesOf(tx, spot, move)
  if (tags.length === 0) return undefined
  const operation = { ...spot, type: 'move-tags', reason, digest, tags } as const
  await checkGuards(registry.guards, operation, tx)
  return operation
}

async function changesOf(tx: Transaction, spot: Spot, { tags, digest, refusals }: TagMove): Promise<TagChange[]> {
  const changes: TagChange[] = []
  for (const tag of new Set(tags)) {
    const previous = await findTag(tx, spot.repositoryId, tag)
    const refusal = previous === undefined ? refusals.push : refusals.overwrite
    if (previous === digest) continue
    if (refusal !== undefined) throw refusal
    changes.push({ tag, previous })
  }
  return changes
}
