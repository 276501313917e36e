import { type RawBuilder, sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import { repositoriesOf } from '../metadata/project-repositories.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { Counts } from './store.ts'

type BlobKey = { project: number; digest: Digest }

const addHolder = prepare<BlobKey, { repositories: number }>((db, parameter) =>
  db
    .insertInto('quota_blobs')
    .values({ project_id: parameter('project'), digest: parameter('digest'), repositories: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'digest'])
        .doUpdateSet(({ eb }) => ({ repositories: eb('quota_blobs.repositories', '+', 1) })),
    )
    .returning('repositories'),
)

const dropHolder = prepare<BlobKey, { repositories: number }>((db, parameter) =>
  db
    .updateTable('quota_blobs')
    .set(({ eb }) => ({ repositories: eb('repositories', '-', 1) }))
    .where('project_id', '=', parameter('project'))
    .where('digest', '=', parameter('digest'))
    .returning('repositories'),
)

const forget = prepare<BlobKey, never>((db, parameter) =>
  db.deleteFrom('quota_blobs').where('project_id', '=', parameter('project')).where('digest', '=', parameter('digest')),
)

/** One more repository of the project holds a blob. Returns whether it is the first. */
export async function addBlobHolder(tx: Transaction, key: BlobKey): Promise<boolean> {
  const [row] = await addHolder(tx, key)
  return row?.repositories === 1
}

/** One repository less. Returns whether it was the last. */
export async function dropBlobHolder(tx: Transaction, key: BlobKey): Promise<boolean> {
  const [row] = await dropHolder(tx, key)
  if (row === undefined || row.repositories > 0) return false
  await forget(tx, key)
  return true
}

const deletedAt = prepare<{ id: RepositoryId }, { deleted_at: number | null }>((db, parameter) =>
  db.selectFrom('repositories').select('deleted_at').where('id', '=', parameter('id')),
)

/** A deleted repository counts nowhere. */
export async function isDeleted(tx: Transaction, id: RepositoryId): Promise<boolean> {
  const [row] = await deletedAt(tx, { id })
  return row === undefined || row.deleted_at !== null
}

/** Adds everything that a repository holds to the project's blobs, and returns what that adds to its counts. */
export async function addRepository(tx: Transaction, project: number, id: RepositoryId): Promise<Counts> {
  const { tags } = await tagsIn(tx, id)
  return { bytes: await addBlobs(tx, project, linksOf(id)), repositories: 1, tags }
}

/** The other way round. */
export async function dropRepository(tx: Transaction, project: number, id: RepositoryId): Promise<Counts> {
  const { tags } = await tagsIn(tx, id)
  await sql`
    update quota_blobs set repositories = repositories - 1
    where project_id = ${project} and digest in (${linksOf(id)})`.execute(tx.db)
  const { rows } = await sql<{ bytes: number | null }>`
    select sum(blobs.size) as bytes from quota_blobs join blobs on blobs.digest = quota_blobs.digest
    where project_id = ${project} and quota_blobs.digest in (${linksOf(id)}) and repositories <= 0`.execute(tx.db)
  await sql`
    delete from quota_blobs
    where project_id = ${project} and digest in (${linksOf(id)}) and repositories <= 0`.execute(tx.db)
  return { bytes: -(rows[0]?.bytes ?? 0), repositories: -1, tags: -tags }
}

function linksOf(id: RepositoryId): RawBuilder<Digest> {
  return sql<Digest>`select digest from repository_blobs where repository_id = ${id}`
}

async function tagsIn(tx: Transaction, id: RepositoryId): Promise<{ tags: number }> {
  return tx.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .where('repository_id', '=', id)
    .executeTakeFirstOrThrow()
}

/** Returns the bytes that the project did not hold. */
async function addBlobs(tx: Transaction, project: number, digests: RawBuilder<Digest>): Promise<number> {
  const { rows } = await sql<{ bytes: number | null }>`
    select sum(size) as bytes from blobs
    where digest in (${digests})
    and not exists (select 1 from quota_blobs q where q.project_id = ${project} and q.digest = blobs.digest)`.execute(
    tx.db,
  )
  await sql`
    insert into quota_blobs (project_id, digest, repositories)
    select ${project}, digest, 1 from blobs where digest in (${digests})
    on conflict (project_id, digest) do update set repositories = repositories + 1`.execute(tx.db)
  return rows[0]?.bytes ?? 0
}

/** Counts anew all that a project holds. */
export async function countAll(
  tx: Transaction,
  project: { readonly id: number; readonly name: string },
): Promise<void> {
  const ids = repositoriesOf(project.name)
  await tx.db.deleteFrom('quota_blobs').where('project_id', '=', project.id).execute()
  await sql`
    insert into quota_blobs (project_id, digest, repositories)
    select ${project.id}, digest, count(*) from repository_blobs where repository_id in ${ids} group by digest`.execute(
    tx.db,
  )
  await sql`
    update quotas set
      bytes = (
        select coalesce(sum(blobs.size), 0) from quota_blobs join blobs on blobs.digest = quota_blobs.digest
        where quota_blobs.project_id = ${project.id}),
      repositories = (select count(*) from ${ids}),
      tags = (select count(*) from tags where repository_id in ${ids})
    where project_id = ${project.id}`.execute(tx.db)
}

/** What a project holds, whether or not it has a quota. */
export async function countProject(executor: Executor, project: string): Promise<Counts> {
  const ids = repositoriesOf(project)
  const { rows } = await sql<Counts>`
    select
      (select coalesce(sum(size), 0) from blobs
        where digest in (select digest from repository_blobs where repository_id in ${ids})) as bytes,
      (select count(*) from ${ids}) as repositories,
      (select count(*) from tags where repository_id in ${ids}) as tags`.execute(executor.db)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count has no row')
  return counts
}

export interface BinCounts {
  /** Of blobs that nothing visible of the project holds: what it would hold more if everything was restored. */
  readonly bytes: number
  /** Those that were deleted as a whole. */
  readonly repositories: number
  readonly manifests: number
}

/** What of a project is in the recycle bin. */
export async function countBin(executor: Executor, project: string): Promise<BinCounts> {
  const ids = repositoriesOf(project)
  const buried = repositoriesOf(project, { deleted: true })
  const { rows } = await sql<BinCounts>`
    with binned as (
      select repository_id, digest from manifests where repository_id in ${ids} and deletion is not null
      union all select repository_id, digest from manifests where repository_id in ${buried})
    select
      (select coalesce(sum(size), 0) from blobs where digest in (
        select mb.digest from manifest_blobs mb join binned
          on binned.repository_id = mb.repository_id and binned.digest = mb.manifest
        union select digest from repository_blobs where repository_id in ${buried})
        and digest not in (select digest from repository_blobs where repository_id in ${ids})) as bytes,
      (select count(*) from ${buried}) as repositories,
      (select count(*) from binned) as manifests`.execute(executor.db)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count has no row')
  return counts
}
