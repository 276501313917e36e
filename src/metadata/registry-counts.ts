import { sql } from 'kysely'
import type { Executor } from './db.ts'
import type { Digest } from '../oci/digest.ts'

export interface SmallCounts {
  readonly projects: number
  readonly repositories: number
  readonly users: number
  readonly robots: number
}

/** What there are some thousands of at most. */
export async function countSmall({ db }: Executor): Promise<SmallCounts> {
  const { rows } = await sql<SmallCounts>`
    select
      (select count(*) from projects) as projects,
      (select count(*) from repositories where deleted_at is null) as repositories,
      (select count(*) from users) as users,
      (select count(*) from robots) as robots`.execute(db)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count has no row')
  return counts
}

/** A row of a repository, by its second part of the key. */
export interface Place {
  readonly repository: number
  readonly key: string
}

const KEYS = { tags: 'name', manifests: 'digest' } as const

/** The row that is so many after that place; undefined: there are fewer. */
export async function jump(
  { db }: Executor,
  table: keyof typeof KEYS,
  { after, rows: count }: { readonly after: Place; readonly rows: number },
): Promise<Place | undefined> {
  const key = sql.ref(KEYS[table])
  const { rows } = await sql<Place>`
    select repository_id as repository, ${key} as key from ${sql.table(table)}
    where (repository_id, ${key}) > (${after.repository}, ${after.key})
    order by repository_id, ${key} limit 1 offset ${count - 1}`.execute(db)
  return rows[0]
}

export async function countAfter(
  { db }: Executor,
  table: keyof typeof KEYS,
  { repository, key }: Place,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)}
    where (repository_id, ${sql.ref(KEYS[table])}) > (${repository}, ${key})`.execute(db)
  return rows[0]?.count ?? 0
}

/** Of the next blobs, in the order of their digests. */
export async function sumBlobs({ db }: Executor, after: string, limit: number): Promise<BlobSum> {
  const { rows } = await sql<BlobSum>`
    select count(*) as blobs, coalesce(sum(size), 0) as bytes,
      coalesce(sum(case when holders = 0 then size end), 0) as "unheldBytes", max(digest) as last
    from (select digest, size, holders from blobs where digest > ${after} order by digest limit ${limit}) as page`.execute(
    db,
  )
  return rows[0] ?? { blobs: 0, bytes: 0, unheldBytes: 0, last: null }
}

interface BlobSum {
  readonly blobs: number
  readonly bytes: number
  /** Of those that no repository holds. */
  readonly unheldBytes: number
  readonly last: Digest | null
}

/** Of the database itself, on its own disk. */
export async function databaseBytes({ db, engine }: Executor): Promise<number> {
  const { rows } =
    engine === 'postgres'
      ? await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db)
      : await sql<{ bytes: number }>`
          select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(db)
  return rows[0]?.bytes ?? 0
}

/** Objects that are about to be removed. */
export async function sumTrash({ db }: Executor): Promise<{ readonly objects: number; readonly bytes: number }> {
  return db
    .selectFrom('trash')
    .select(({ fn }) => [
      fn.countAll<number>().as('objects'),
      fn.coalesce(fn.sum<number>('size'), sql<number>`0`).as('bytes'),
    ])
    .executeTakeFirstOrThrow()
}

export async function countDeletions({ db }: Executor): Promise<number> {
  const { count } = await db
    .selectFrom('deletions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export interface RepositoryBytes {
  readonly id: number
  /** Of a deleted one: what it was renamed to. */
  readonly name: string
  readonly bytes: number
  readonly uniqueBytes: number
  readonly isDeleted: boolean
}

/** The next repositories by id, with what they hold as it is kept in their rows. */
export async function listRepositoryBytes(
  { db }: Executor,
  after: number,
  limit: number,
): Promise<readonly RepositoryBytes[]> {
  const rows = await db
    .selectFrom('repositories')
    .select(['id', 'name', 'bytes', 'unique_bytes', 'deleted_at'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id, name, bytes, unique_bytes, deleted_at }) => ({
    ...{ id, name, bytes, uniqueBytes: unique_bytes, isDeleted: deleted_at !== null },
  }))
}
