import { sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'

type Place = { repository: RepositoryId; digest: Digest }

/** Deletions whose time in the recycle bin is over. */
export async function dueDeletions(
  executor: Executor,
  now: Date,
): Promise<{ id: number; kind: string; repository_id: number; repository: string; deleted_at: number | null }[]> {
  return executor.db
    .selectFrom('deletions')
    .innerJoin('repositories', 'repositories.id', 'deletions.repository_id')
    .select([
      'deletions.id',
      'deletions.kind',
      'deletions.repository_id',
      'repositories.name as repository',
      'repositories.deleted_at',
    ])
    .where('purge_at', '<=', now.getTime())
    .orderBy('purge_at')
    .limit(20)
    .execute()
}

export async function manifestsOfDeletion(tx: Transaction, deletion: number, limit: number) {
  return tx.db
    .selectFrom('manifests')
    .select(['repository_id', 'digest', 'size'])
    .where('deletion', '=', deletion)
    .limit(limit)
    .execute()
}

export async function manifestsOfRepository(tx: Transaction, repository: RepositoryId, limit: number) {
  return tx.db
    .selectFrom('manifests')
    .select(['repository_id', 'digest', 'size'])
    .where('repository_id', '=', repository)
    .limit(limit)
    .execute()
}

const reviewBlobsOf = prepare<Place & { now: number }, never>((db, parameter) =>
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
    ),
)

const removeManifestRow = prepare<Place, never>((db, parameter) =>
  db
    .deleteFrom('manifests')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

const forgetPulls = prepare<Place, never>((db, parameter) =>
  db
    .deleteFrom('pulls')
    .where('repository_id', '=', parameter('repository'))
    .where('reference', '=', parameter('digest')),
)

/** For good. Its blobs are looked at next. */
export async function purgeManifest(
  tx: Transaction,
  { repository_id: repository, digest }: { repository_id: RepositoryId; digest: Digest },
  now: Date,
): Promise<void> {
  await reviewBlobsOf(tx, { repository, digest, now: now.getTime() })
  await forgetPulls(tx, { repository, digest })
  await removeManifestRow(tx, { repository, digest })
}

/** Some of the tags of a deleted repository, without a word in its history. Returns how many. */
export async function removeTagRows(tx: Transaction, repository: RepositoryId, limit: number): Promise<number> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('tags')
    .where('repository_id', '=', repository)
    .where('name', 'in', (query) =>
      query.selectFrom('tags').select('name').where('repository_id', '=', repository).limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export async function removeEventRows(tx: Transaction, repository: RepositoryId, limit: number): Promise<number> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('tag_events')
    .where('repository_id', '=', repository)
    .where(
      sql<boolean>`(tag, at) in (select tag, at from tag_events where repository_id = ${repository} limit ${limit})`,
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Lets some of the moves that a deletion made forget it. Returns how many. */
export async function forgetDeletion(tx: Transaction, deletion: number, limit: number): Promise<number> {
  const { numUpdatedRows } = await tx.db
    .updateTable('tag_events')
    .set({ deletion: null })
    .where(
      sql<boolean>`(repository_id, tag, at) in (
        select repository_id, tag, at from tag_events where deletion = ${deletion} limit ${limit})`,
    )
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

export async function linksOfRepository(
  tx: Transaction,
  repository: RepositoryId,
  limit: number,
): Promise<{ digest: Digest; size: number }[]> {
  return tx.db
    .selectFrom('repository_blobs')
    .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
    .select(['repository_blobs.digest', 'blobs.size'])
    .where('repository_id', '=', repository)
    .limit(limit)
    .execute()
}
