import type { Actor } from '../lib/actor.ts'
import type { Digest } from '../oci/digest.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'
import type { DeletionKind } from './schema.ts'

export interface NewDeletion {
  readonly repositoryId: RepositoryId
  readonly kind: DeletionKind
  readonly reason: string
  readonly actor: Actor
  readonly now: Date
  readonly purgeAt: Date
}

/** One act of deleting. What it took comes back together, until it is purged. */
export interface Deletion {
  readonly id: number
  readonly repositoryId: RepositoryId
  readonly kind: DeletionKind
  readonly reason: string
  readonly actorName: string
  readonly deletedAt: Date
  readonly purgeAt: Date
}

export async function addDeletion(tx: Transaction, deletion: NewDeletion): Promise<number> {
  const { id } = await tx.db
    .insertInto('deletions')
    .values({
      repository_id: deletion.repositoryId,
      kind: deletion.kind,
      reason: deletion.reason,
      actor: deletion.actor.id,
      actor_name: deletion.actor.name,
      deleted_at: deletion.now.getTime(),
      purge_at: deletion.purgeAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function findDeletion(executor: Executor, id: number): Promise<Deletion | undefined> {
  const row = await executor.db.selectFrom('deletions').selectAll().where('id', '=', id).executeTakeFirst()
  return (
    row && {
      id: row.id,
      repositoryId: row.repository_id,
      kind: row.kind,
      reason: row.reason,
      actorName: row.actor_name,
      deletedAt: new Date(row.deleted_at),
      purgeAt: new Date(row.purge_at),
    }
  )
}

/** Forgets a deletion that took nothing, or whose content is gone for good or back. */
export async function removeDeletion(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('deletions').where('id', '=', id).execute()
}

const hide = prepare<{ repository: RepositoryId; digest: Digest; deletion: number }, { digest: Digest }>(
  (db, parameter) =>
    db
      .updateTable('manifests')
      .set({ deletion: parameter('deletion'), review_at: null })
      .where('repository_id', '=', parameter('repository'))
      .where('digest', '=', parameter('digest'))
      .where('deletion', 'is', null)
      .returning('digest'),
)

const forgetForeignBlobs = prepare<{ repository: RepositoryId; digest: Digest }, never>((db, parameter) =>
  db
    .deleteFrom('manifest_blobs')
    .where('repository_id', '=', parameter('repository'))
    .where('manifest', '=', parameter('digest'))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('repository_blobs')
            .select('repository_blobs.digest')
            .where('repository_blobs.repository_id', '=', parameter('repository'))
            .whereRef('repository_blobs.digest', '=', 'manifest_blobs.digest'),
        ),
      ),
    ),
)

const forgetForeignChildren = prepare<{ repository: RepositoryId; digest: Digest }, never>((db, parameter) =>
  db
    .deleteFrom('manifest_children')
    .where('repository_id', '=', parameter('repository'))
    .where('parent', '=', parameter('digest'))
    .where(({ and, not, exists, selectFrom }) =>
      and([
        not(
          exists(
            selectFrom('repository_blobs')
              .select('repository_blobs.digest')
              .where('repository_blobs.repository_id', '=', parameter('repository'))
              .whereRef('repository_blobs.digest', '=', 'manifest_children.child'),
          ),
        ),
        not(
          exists(
            selectFrom('manifests')
              .select('manifests.digest')
              .where('manifests.repository_id', '=', parameter('repository'))
              .whereRef('manifests.digest', '=', 'manifest_children.child'),
          ),
        ),
      ]),
    ),
)

const reviewForeign = prepare<{ repository: RepositoryId; digest: Digest; now: number }, never>((db, parameter) =>
  db
    .updateTable('blobs')
    .set({ review_at: parameter('now') })
    .where('digest', 'in', (query) =>
      query
        .selectFrom('manifest_blobs')
        .select('digest')
        .where('repository_id', '=', parameter('repository'))
        .where('manifest', '=', parameter('digest'))
        .union(
          query
            .selectFrom('manifest_children')
            .select('child as digest')
            .where('repository_id', '=', parameter('repository'))
            .where('parent', '=', parameter('digest')),
        ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('repository_blobs')
            .select('repository_blobs.digest')
            .where('repository_blobs.repository_id', '=', parameter('repository'))
            .whereRef('repository_blobs.digest', '=', 'blobs.digest'),
        ),
      ),
    ),
)

/**
 * Puts a manifest, which has no tag any more, into the recycle bin. Of what it names it remembers what its repository
 * holds at this moment: that alone comes back with it, so that nobody restores his way to what others hold. Returns
 * whether it was visible.
 */
export async function hideManifest(
  tx: Transaction,
  { repositoryId, digest, deletion, now }: { repositoryId: RepositoryId; digest: Digest; deletion: number; now: Date },
): Promise<boolean> {
  if ((await hide(tx, { repository: repositoryId, digest, deletion })).length === 0) return false
  // That it was named may have been all that kept what others let go.
  await reviewForeign(tx, { repository: repositoryId, digest, now: now.getTime() })
  await forgetForeignBlobs(tx, { repository: repositoryId, digest })
  await forgetForeignChildren(tx, { repository: repositoryId, digest })
  return true
}

/** Makes a manifest of the recycle bin visible again. Its blobs are for the caller to link. Returns whether it was there. */
export async function unhideManifest(
  tx: Transaction,
  { repositoryId, digest, reviewAt }: { repositoryId: RepositoryId; digest: Digest; reviewAt: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('manifests')
    .set({ deletion: null, released_at: null, review_at: reviewAt.getTime() })
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .where('deletion', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
