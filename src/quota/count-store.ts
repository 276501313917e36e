import { type RawBuilder, sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import { repositoriesOf, repositoriesStoredFor } from '../metadata/project-repositories.ts'
import { nameBeforeDeletion, type RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
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

const manifestIn = prepare<{ repository: RepositoryId; digest: Digest }, { size: number }>((db, parameter) =>
  db
    .selectFrom('manifests')
    .select('size')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

/** Whether a repository has a manifest, be it in the recycle bin. */
export async function storesManifest(
  tx: Transaction,
  { repositoryId: repository, digest }: { readonly repositoryId: RepositoryId; readonly digest: Digest },
): Promise<boolean> {
  return (await manifestIn(tx, { repository, digest })).length > 0
}

/** Returns the bytes that a project holds more with a repository that comes to it. */
export async function addBytesOf(tx: Transaction, project: number, id: RepositoryId): Promise<number> {
  return (await addBlobs(tx, project, linksOf(id))) + (await manifestBytesIn(tx, id))
}

/** Returns the bytes that a project holds less without a repository that goes to another. */
export async function dropBytesOf(tx: Transaction, project: number, id: RepositoryId): Promise<number> {
  await sql`
    update quota_blobs set repositories = repositories - 1
    where project_id = ${project} and digest in (${linksOf(id)})`.execute(tx.db)
  const { rows } = await sql<{ bytes: number | null }>`
    select sum(blobs.size) as bytes from quota_blobs join blobs on blobs.digest = quota_blobs.digest
    where project_id = ${project} and quota_blobs.digest in (${linksOf(id)}) and repositories <= 0`.execute(tx.db)
  await sql`
    delete from quota_blobs
    where project_id = ${project} and digest in (${linksOf(id)}) and repositories <= 0`.execute(tx.db)
  return (rows[0]?.bytes ?? 0) + (await manifestBytesIn(tx, id))
}

async function manifestBytesIn(tx: Transaction, id: RepositoryId): Promise<number> {
  const { bytes } = await tx.db
    .selectFrom('manifests')
    .select(({ fn }) => fn.coalesce(fn.sum<number>('size'), sql.lit(0)).as('bytes'))
    .where('repository_id', '=', id)
    .executeTakeFirstOrThrow()
  return bytes
}

const nameOf = prepare<{ id: RepositoryId }, { name: RepositoryName }>((db, parameter) =>
  db.selectFrom('repositories').select('name').where('id', '=', parameter('id')),
)

/** Under which name the bytes of a repository are counted: that of a deleted one is the one that it had. */
export async function countedName(tx: Transaction, id: RepositoryId): Promise<RepositoryName | undefined> {
  const [row] = await nameOf(tx, { id })
  return row && nameBeforeDeletion(row.name)
}

function linksOf(id: RepositoryId): RawBuilder<Digest> {
  return sql<Digest>`select digest from repository_blobs where repository_id = ${id}`
}

export async function countTagsIn(tx: Transaction, id: RepositoryId): Promise<number> {
  const { tags } = await tx.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .where('repository_id', '=', id)
    .executeTakeFirstOrThrow()
  return tags
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
    select cast(${project} as bigint), digest, 1 from blobs where digest in (${digests})
    on conflict (project_id, digest) do update set repositories = quota_blobs.repositories + 1`.execute(tx.db)
  return rows[0]?.bytes ?? 0
}

/** Counts anew all that a project holds. */
export async function countAll(
  tx: Transaction,
  project: { readonly id: number; readonly name: string },
): Promise<void> {
  const ids = repositoriesOf(project.name)
  const stored = repositoriesStoredFor(project.name)
  await tx.db.deleteFrom('quota_blobs').where('project_id', '=', project.id).execute()
  await sql`
    insert into quota_blobs (project_id, digest, repositories)
    select cast(${project.id} as bigint), digest, count(*) from repository_blobs where repository_id in ${stored} group by digest`.execute(
    tx.db,
  )
  await sql`
    update quotas set
      bytes = (
        select coalesce(sum(blobs.size), 0) from quota_blobs join blobs on blobs.digest = quota_blobs.digest
        where quota_blobs.project_id = ${project.id})
        + (select coalesce(sum(size), 0) from manifests where repository_id in ${stored}),
      repositories = (select count(*) from ${ids} as visible),
      tags = (select count(*) from tags where repository_id in ${ids})
    where project_id = ${project.id}`.execute(tx.db)
}

/** What a project holds, whether or not it has a quota. */
export async function countProject(executor: Executor, project: string): Promise<Counts> {
  const ids = repositoriesOf(project)
  const stored = repositoriesStoredFor(project)
  const { rows } = await sql<Counts>`
    select
      (select coalesce(sum(size), 0) from blobs
        where digest in (select digest from repository_blobs where repository_id in ${stored}))
        + (select coalesce(sum(size), 0) from manifests where repository_id in ${stored}) as bytes,
      (select count(*) from ${ids} as visible) as repositories,
      (select count(*) from tags where repository_id in ${ids}) as tags`.execute(executor.db)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count has no row')
  return counts
}

export interface BinCounts {
  /** Of manifests, and of blobs that nothing visible of the project holds. */
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
    with binned as (${binnedOf(project)})
    select
      (select coalesce(sum(size), 0) from blobs where digest in (
        select mb.digest from manifest_blobs mb join binned
          on binned.repository_id = mb.repository_id and binned.digest = mb.manifest
        union select digest from repository_blobs where repository_id in ${buried})
        and digest not in (select digest from repository_blobs where repository_id in ${ids}))
        + (select coalesce(sum(size), 0) from binned) as bytes,
      (select count(*) from ${buried} as buried) as repositories,
      (select count(*) from binned) as manifests`.execute(executor.db)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count has no row')
  return counts
}

/** Of the bytes that a project holds, those that leave it when its recycle bin is emptied. */
export async function countedInBin(executor: Executor, project: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select (select coalesce(sum(size), 0) from blobs
      where digest in (
        select digest from repository_blobs where repository_id in ${repositoriesOf(project, { deleted: true })})
      and digest not in (select digest from repository_blobs where repository_id in ${repositoriesOf(project)}))
      + (select coalesce(sum(size), 0) from (${binnedOf(project)}) as binned) as bytes`.execute(executor.db)
  return rows[0]?.bytes ?? 0
}

function binnedOf(project: string): RawBuilder<unknown> {
  return sql`
    select repository_id, digest, size from manifests
    where deletion is not null and repository_id in ${repositoriesOf(project)}
    union all select repository_id, digest, size from manifests
    where repository_id in ${repositoriesOf(project, { deleted: true })}`
}
