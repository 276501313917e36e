import { sql } from 'kysely'
import type { Executor } from '../metadata/db.ts'
import { repositoriesOf, repositoriesStoredFor } from '../metadata/project-repositories.ts'
import type { Schema } from '../metadata/schema.ts'

const PAGE = 200

export type ManifestRow = Pick<Schema['manifests'], 'repository_id' | 'digest' | 'media_type' | 'content'> & {
  repository: string
  /** In the recycle bin: what it needs is stored, and need not be in its repository. */
  deletion: number | null
  /** From an upstream: what it names comes when somebody pulls it. */
  brought: number
}

/** Every manifest with its content, a page at a time. */
export async function* allManifests(executor: Executor): AsyncGenerator<ManifestRow> {
  let last: ManifestRow | undefined
  for (;;) {
    const page: ManifestRow[] = await executor.db
      .selectFrom('manifests')
      .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
      .select([
        'manifests.repository_id',
        'manifests.digest',
        'media_type',
        'content',
        'manifests.deletion',
        'repositories.name as repository',
        sql<number>`case when exists (
          select 1 from source_checks
          where source_checks.repository_id = manifests.repository_id and source_checks.reference = manifests.digest
        ) then 1 else 0 end`.as('brought'),
      ])
      .where(
        sql<boolean>`(manifests.repository_id, manifests.digest) > (${last?.repository_id ?? 0}, ${last?.digest ?? ''})`,
      )
      .orderBy('manifests.repository_id')
      .orderBy('manifests.digest')
      .limit(PAGE)
      .execute()
    yield* page
    last = page.at(-1)
    if (page.length < PAGE) return
  }
}

export interface DanglingTag {
  readonly repository: string
  readonly name: string
  readonly digest: string
}

/** Tags whose manifest is not in their repository; the database's own keys should make that impossible. */
export async function danglingTags(executor: Executor): Promise<DanglingTag[]> {
  return executor.db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .leftJoin('manifests', (join) =>
      join.onRef('manifests.repository_id', '=', 'tags.repository_id').onRef('manifests.digest', '=', 'tags.digest'),
    )
    .select(['repositories.name as repository', 'tags.name', 'tags.digest'])
    .where('manifests.digest', 'is', null)
    .execute()
}

export async function countTags(executor: Executor): Promise<number> {
  const { tags } = await executor.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .executeTakeFirstOrThrow()
  return tags
}

/** Whether a stored object belongs to a blob. */
export async function isStorageKeyUsed(executor: Executor, key: string): Promise<boolean> {
  const row = await executor.db.selectFrom('blobs').select('digest').where('storage_key', '=', key).executeTakeFirst()
  return row !== undefined
}

/** At most so many of a kind are named; the first few say what is wrong. */
const MAX_NAMED = 100

/** Blobs, repositories and projects whose counters are not what is there, in words. */
export async function wrongCounts(executor: Executor): Promise<string[]> {
  return [...(await wrongHolders(executor)), ...(await wrongSizes(executor)), ...(await wrongQuotas(executor))]
}

async function wrongHolders({ db }: Executor): Promise<string[]> {
  const { rows } = await sql<{ digest: string; holders: number; there: number }>`
    select digest, holders, there from (
      select digest, holders,
        (select count(*) from repository_blobs where repository_blobs.digest = blobs.digest) as there
      from blobs) as counted
    where holders != there limit ${MAX_NAMED}`.execute(db)
  return rows.map(
    ({ digest, holders, there }) => `blob ${digest}: ${holders} repositories are said to hold it, ${there} do`,
  )
}

interface Size {
  readonly bytes: number
  readonly unique_bytes: number
}

async function wrongSizes({ db }: Executor): Promise<string[]> {
  const { rows } = await sql<Size & { name: string; there: number; unique_there: number }>`
    with held as (
      select repository_id, sum(blobs.size) as bytes, sum(case
        when exists (
          select 1 from repository_blobs other
          where other.digest = link.digest and other.repository_id != link.repository_id)
        then 0 else blobs.size end) as unique_bytes
      from repository_blobs link join blobs on blobs.digest = link.digest group by repository_id)
    select name, repositories.bytes, repositories.unique_bytes,
      coalesce(held.bytes, 0) as there, coalesce(held.unique_bytes, 0) as unique_there
    from repositories left join held on held.repository_id = repositories.id
    where repositories.bytes != coalesce(held.bytes, 0)
    or repositories.unique_bytes != coalesce(held.unique_bytes, 0) limit ${MAX_NAMED}`.execute(db)
  return rows.map(
    ({ name, bytes, unique_bytes, there, unique_there }) =>
      `repository ${name}: counts ${bytes} bytes, ${unique_bytes} of them its own; it holds ${there} and ${unique_there}`,
  )
}

interface QuotaCounts {
  readonly bytes: number
  readonly repositories: number
  readonly tags: number
}

async function wrongQuotas(executor: Executor): Promise<string[]> {
  const projects = await executor.db
    .selectFrom('quotas')
    .innerJoin('projects', 'projects.id', 'quotas.project_id')
    .select(['projects.id', 'projects.name'])
    .orderBy('projects.name')
    .execute()
  const problems: string[] = []
  for (const project of projects) problems.push(...(await wrongQuota(executor, project)))
  return problems
}

/** One statement each, because a server may be counting meanwhile. */
async function wrongQuota({ db }: Executor, project: { id: number; name: string }): Promise<string[]> {
  const ids = repositoriesOf(project.name)
  const stored = repositoriesStoredFor(project.name)
  const { rows } = await sql<QuotaCounts & { bytes_there: number; repositories_there: number; tags_there: number }>`
    select bytes, repositories, tags,
      (select coalesce(sum(size), 0) from blobs
        where digest in (select digest from repository_blobs where repository_id in ${stored}))
        + (select coalesce(sum(size), 0) from manifests where repository_id in ${stored}) as bytes_there,
      (select count(*) from ${ids} as visible) as repositories_there,
      (select count(*) from tags where repository_id in ${ids}) as tags_there
    from quotas where project_id = ${project.id}`.execute(db)
  const problems: string[] = []
  for (const row of rows)
    for (const resource of ['bytes', 'repositories', 'tags'] as const)
      if (row[resource] !== row[`${resource}_there`])
        problems.push(
          `quota of ${project.name}: counts ${row[resource]} ${resource}, there are ${row[`${resource}_there`]}; remove the quota and set it again`,
        )
  const { rows: blobs } = await sql<{ digest: string }>`
    with there as (
      select digest, count(*) as repositories from repository_blobs where repository_id in ${stored} group by digest)
    select digest from (
      select digest, repositories from there
      except select digest, repositories from quota_blobs where project_id = ${project.id}) as missing
    union select digest from (
      select digest, repositories from quota_blobs where project_id = ${project.id}
      except select digest, repositories from there) as extra
    limit ${MAX_NAMED}`.execute(db)
  for (const { digest } of blobs)
    problems.push(
      `quota of ${project.name}: counts the repositories that hold ${digest} wrongly; remove the quota and set it again`,
    )
  return problems
}
