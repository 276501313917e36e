import { sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

type Due = { now: number; limit: number }

/** A manifest whose time to be looked at has come. */
export interface DueManifest {
  repository_id: RepositoryId
  repository: RepositoryName
  deleted_at: number | null
  digest: Digest
  subject: string | null
  created_at: number
  released_at: number | null
}

export const dueManifests = prepare<Due, DueManifest>((db, parameter) =>
  db
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select([
      'manifests.repository_id',
      'repositories.name as repository',
      'repositories.deleted_at',
      'manifests.digest',
      'manifests.subject',
      'manifests.created_at',
      'manifests.released_at',
    ])
    .where('manifests.review_at', '<=', parameter('now'))
    .orderBy('manifests.review_at')
    .limit(parameter('limit')),
)

type Place = { repository: RepositoryId; digest: Digest }

const reviewManifest = prepare<Place & { at: number | null }, never>((db, parameter) =>
  db
    .updateTable('manifests')
    .set({ review_at: parameter('at') })
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

/** Null: not before something changes. */
export async function reviewManifestAt(
  tx: Transaction,
  { repository_id: repository, digest }: Pick<DueManifest, 'repository_id' | 'digest'>,
  at: number | null,
): Promise<void> {
  await reviewManifest(tx, { repository, digest, at })
}

const anyTag = prepare<Place, { found: number }>((db, parameter) =>
  db
    .selectFrom('tags')
    .select(({ lit }) => lit(1).as('found'))
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .limit(1),
)

export async function hasTag(tx: Transaction, repository: RepositoryId, digest: Digest): Promise<boolean> {
  return (await anyTag(tx, { repository, digest })).length > 0
}

/** A blob of a repository whose time to be looked at has come. */
export interface DueLink {
  repository_id: RepositoryId
  repository: RepositoryName
  deleted_at: number | null
  digest: Digest
  size: number
  touched_at: number
}

export const dueLinks = prepare<Due, DueLink>((db, parameter) =>
  db
    .selectFrom('repository_blobs')
    .innerJoin('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
    .select([
      'repository_blobs.repository_id',
      'repositories.name as repository',
      'repositories.deleted_at',
      'repository_blobs.digest',
      'blobs.size',
      'repository_blobs.touched_at',
    ])
    .where('repository_blobs.review_at', '<=', parameter('now'))
    .orderBy('repository_blobs.review_at')
    .limit(parameter('limit')),
)

const reviewLink = prepare<Place & { at: number | null }, never>((db, parameter) =>
  db
    .updateTable('repository_blobs')
    .set({ review_at: parameter('at') })
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

export async function reviewLinkAt(
  tx: Transaction,
  { repository_id: repository, digest }: Pick<DueLink, 'repository_id' | 'digest'>,
  at: number | null,
): Promise<void> {
  await reviewLink(tx, { repository, digest, at })
}

/** A blob that no repository may need any more. */
export interface DueBlob {
  digest: Digest
  size: number
  storage_key: string | null
  holders: number
}

export const dueBlobs = prepare<Due, DueBlob>((db, parameter) =>
  db
    .selectFrom('blobs')
    .select(['digest', 'size', 'storage_key', 'holders'])
    .where('review_at', '<=', parameter('now'))
    .orderBy('review_at')
    .limit(parameter('limit')),
)

const forgetReview = prepare<{ digest: Digest }, never>((db, parameter) =>
  db.updateTable('blobs').set({ review_at: null }).where('digest', '=', parameter('digest')),
)

export async function keepBlob(tx: Transaction, digest: Digest): Promise<void> {
  await forgetReview(tx, { digest })
}

/** By the numbered parameter: the same digest in both halves. */
const named = prepare<{ digest: Digest }, { found: number }>((db, parameter) =>
  db
    .selectFrom('manifest_blobs')
    .select(({ lit }) => lit(1).as('found'))
    .where('digest', '=', parameter('digest'))
    .unionAll(
      db
        .selectFrom('manifest_children')
        .select(({ lit }) => lit(1).as('found'))
        .where('child', '=', parameter('digest')),
    )
    .limit(1),
)

/** Whether any manifest names a blob, those in the recycle bin included. */
export async function isNamed(tx: Transaction, digest: Digest): Promise<boolean> {
  return (await named(tx, { digest })).length > 0
}

const removeBlobRow = prepare<{ digest: Digest }, never>((db, parameter) =>
  db.deleteFrom('blobs').where('digest', '=', parameter('digest')),
)

/** Its row, and its bytes where they are in one. */
export async function removeBlob(tx: Transaction, digest: Digest): Promise<void> {
  await removeBlobRow(tx, { digest })
}

const usesKey = prepare<{ key: string }, { found: number }>((db, parameter) =>
  db
    .selectFrom('blobs')
    .select(({ lit }) => lit(1).as('found'))
    .where('storage_key', '=', parameter('key')),
)

export async function isKeyUsed(executor: Executor, key: string): Promise<boolean> {
  return (await usesKey(executor, { key })).length > 0
}

/** Counting reads one index entry for each: what is beyond this is not worth the time of whoever waits meanwhile. */
export const COUNTED_AT_MOST = 50_000

/** What waits; each number stands for itself up to `COUNTED_AT_MOST`, which means that or more. */
export interface Waiting {
  readonly manifests: number
  readonly links: number
  readonly blobs: number
  readonly overdue: number
  readonly trashObjects: number
  readonly trashBytes: number
  readonly deletions: number
}

export async function countWaiting(executor: Executor, now: Date): Promise<Waiting> {
  const [manifests, links, blobs] = await Promise.all([
    countReviews(executor, 'manifests', Number.MAX_SAFE_INTEGER),
    countReviews(executor, 'repository_blobs', Number.MAX_SAFE_INTEGER),
    countReviews(executor, 'blobs', Number.MAX_SAFE_INTEGER),
  ])
  let overdue = 0
  for (const table of ['manifests', 'repository_blobs', 'blobs'] as const)
    overdue += await countReviews(executor, table, now.getTime())
  const { rows } = await sql<{ objects: number; bytes: number; deletions: number }>`
    select count(*) as objects, coalesce(sum(size), 0) as bytes,
      (select count(*) from (select 1 from deletions limit ${COUNTED_AT_MOST}) as few) as deletions
    from (select size from trash limit ${COUNTED_AT_MOST}) as few
  `.execute(executor.db)
  const [row] = rows
  if (row === undefined) throw new Error('counting gave no answer')
  const { objects: trashObjects, bytes: trashBytes, deletions } = row
  return { ...{ manifests, links, blobs, overdue }, ...{ trashObjects, trashBytes, deletions } }
}

async function countReviews(
  executor: Executor,
  table: 'manifests' | 'repository_blobs' | 'blobs',
  until: number,
): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from (
      select 1 from ${sql.table(table)} where review_at <= ${until} limit ${COUNTED_AT_MOST}) as few
  `.execute(executor.db)
  return rows[0]?.waiting ?? 0
}
