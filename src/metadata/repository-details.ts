import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import { DOCKER_MANIFEST_LIST, type MediaType, OCI_INDEX } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor } from './db.ts'
import { nameContains } from './name-contains.ts'
import type { RepositoryId, RepositoryUsage } from './repositories.ts'

/** A repository as lists show it. */
export interface RepositorySummary extends RepositoryUsage {
  readonly id: RepositoryId
  readonly name: RepositoryName
  readonly createdAt: Date
  /** When a tag of it last moved; without one when it was made. */
  readonly updatedAt: Date
}

export const REPOSITORY_ORDERS = ['name', '-name', '-updated'] as const

export interface RepositoryQuery {
  readonly sort: (typeof REPOSITORY_ORDERS)[number]
  /** Only this name and what is below it. */
  readonly below: string | undefined
  /** Only names that contain this, in whatever case; empty: all. */
  readonly contains: string
  /** Where the page before ended. */
  readonly after: { readonly name: string; readonly updatedAt: number } | undefined
  readonly limit: number
}

/** Repositories that hold a manifest. */
export async function listRepositorySummaries(
  executor: Executor,
  query: RepositoryQuery,
): Promise<RepositorySummary[]> {
  const { below, contains, sort, after, limit } = query
  const rows = await summaries(executor)
    .$if(contains !== '', (builder) => builder.where(nameContains(executor, contains)))
    .$if(after !== undefined && sort === 'name', (builder) =>
      builder.where('name', '>', (after?.name ?? '') as RepositoryName),
    )
    .$if(after !== undefined && sort === '-name', (builder) =>
      builder.where('name', '<', (after?.name ?? '') as RepositoryName),
    )
    .$if(after !== undefined && sort === '-updated', (builder) =>
      builder.where(sql<boolean>`(${MOVED_AT}, name) < (${after?.updatedAt ?? 0}, ${after?.name ?? ''})`),
    )
    .where(
      sql<boolean>`exists (select 1 from manifests where repository_id = repositories.id and manifests.deletion is null)`,
    )
    .$if(below !== undefined, (builder) =>
      // "0" follows "/" in byte order.
      builder.where(sql<boolean>`(name = ${below} or (name > ${`${below}/`} and name < ${`${below}0`}))`),
    )
    .$if(sort === '-updated', (builder) => builder.orderBy('moved_at', 'desc'))
    .orderBy('name', sort === 'name' ? 'asc' : 'desc')
    .limit(limit)
    .execute()
  return rows.map(toSummary)
}

export async function findRepositorySummary(
  executor: Executor,
  name: RepositoryName,
): Promise<RepositorySummary | undefined> {
  const row = await summaries(executor).where('name', '=', name).executeTakeFirst()
  return row && toSummary(row)
}

export async function countTagsIn(executor: Executor, repository: RepositoryId): Promise<number> {
  const { tags } = await executor.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .where('repository_id', '=', repository)
    .executeTakeFirstOrThrow()
  return tags
}

/** How many tags each has, counted up to `most`. */
export async function countTagsOf(
  { db }: Executor,
  repositories: readonly RepositoryId[],
  most: number,
): Promise<ReadonlyMap<RepositoryId, number>> {
  if (repositories.length === 0) return new Map()
  const rows = await db
    .selectFrom('repositories')
    .select('id')
    .select(
      sql<number>`(select count(*) from (
        select 1 from tags where tags.repository_id = repositories.id
        order by tags.name limit ${sql.lit(most)}) as some_tags)`.as('tags'),
    )
    .where('id', 'in', repositories)
    .execute()
  return new Map(rows.map(({ id, tags }) => [id, tags]))
}

const MOVED_AT = sql<number>`coalesce(
  (select max(at) from tag_events where repository_id = repositories.id), repositories.created_at)`

function summaries(executor: Executor) {
  return executor.db
    .selectFrom('repositories')
    .select(['id', 'name', 'bytes', 'unique_bytes', 'created_at'])
    .select(MOVED_AT.as('moved_at'))
    .where('deleted_at', 'is', null)
}

function toSummary(row: Awaited<ReturnType<ReturnType<typeof summaries>['executeTakeFirstOrThrow']>>) {
  return {
    id: row.id,
    name: row.name,
    bytes: row.bytes,
    uniqueBytes: row.unique_bytes,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.moved_at),
  }
}

const INDEX_TYPES = [OCI_INDEX, DOCKER_MANIFEST_LIST]
/** A page may have a thousand of them. */
const MAX_LISTED_INDEX = 16 * 1024

/** A tag as lists show it. */
export interface TagSummary {
  readonly name: Tag
  readonly digest: Digest
  readonly mediaType: MediaType
  /** Of an image: its manifest, config and layers. Undefined for an index, whose images have sizes of their own. */
  readonly imageBytes: number | undefined
  /** Of an index that is not very large: its bytes, as they were pushed. */
  readonly indexContent: Uint8Array | undefined
  readonly pushedAt: Date
  readonly pulledAt: Date | undefined
}

export async function findTagSummary(
  executor: Executor,
  repository: RepositoryId,
  tag: Tag,
): Promise<TagSummary | undefined> {
  const row = await tagSummaries(executor, repository).where('tags.name', '=', tag).executeTakeFirst()
  return row && toTagSummary(row)
}

/** How lists of tags may be ordered; `-`: from the end. */
export const TAG_ORDERS = ['name', '-name', 'pushed', '-pushed'] as const

export interface TagQuery {
  readonly sort: (typeof TAG_ORDERS)[number]
  /** Only names that contain this, in whatever case; empty: all. */
  readonly contains: string
  /** Where the page before ended. */
  readonly after: { readonly name: string; readonly pushedAt: number } | undefined
  readonly limit: number
}

/** One page of tags: the names are found in an index alone, and only theirs are looked at further. */
export async function listTagSummaries(
  executor: Executor,
  repository: RepositoryId,
  query: TagQuery,
): Promise<TagSummary[]> {
  const names = await tagNames(executor, repository, query)
  if (names.length === 0) return []
  const rows = await tagSummaries(executor, repository).where('tags.name', 'in', names).execute()
  const byName = new Map(rows.map((row) => [row.name, toTagSummary(row)]))
  return names.flatMap((name) => byName.get(name) ?? [])
}

async function tagNames(executor: Executor, repository: RepositoryId, query: TagQuery): Promise<Tag[]> {
  const { sort, contains, after, limit } = query
  const [direction, beyond] = sort.startsWith('-') ? (['desc', '<'] as const) : (['asc', '>'] as const)
  const byName = sort.endsWith('name')
  const rows = await executor.db
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repository)
    .$if(contains !== '', (builder) => builder.where(nameContains(executor, contains)))
    .$if(after !== undefined && byName, (builder) => builder.where('name', beyond, (after?.name ?? '') as Tag))
    .$if(after !== undefined && !byName, (builder) =>
      builder.where(
        sql<boolean>`(updated_at, name) ${sql.raw(beyond)} (${after?.pushedAt ?? 0}, ${after?.name ?? ''})`,
      ),
    )
    .$if(!byName, (builder) => builder.orderBy('updated_at', direction))
    .orderBy('name', direction)
    .limit(limit)
    .execute()
  return rows.map(({ name }) => name)
}

function tagSummaries(executor: Executor, repository: RepositoryId) {
  return executor.db
    .selectFrom('tags')
    .innerJoin('manifests', (join) =>
      join.onRef('manifests.repository_id', '=', 'tags.repository_id').onRef('manifests.digest', '=', 'tags.digest'),
    )
    .leftJoin('pulls', (join) =>
      join
        .onRef('pulls.repository_id', '=', 'tags.repository_id')
        .on('pulls.reference', '=', sql<string>`${sql.ref('tags.name')}`),
    )
    .select(['tags.name', 'tags.digest', 'tags.updated_at', 'manifests.media_type', 'manifests.size'])
    .select('pulls.pulled_at')
    .select(
      sql<Uint8Array | null>`case when ${sql.ref('manifests.size')} <= ${sql.lit(MAX_LISTED_INDEX)}
        and ${sql.ref('manifests.media_type')} in (${sql.join(INDEX_TYPES.map((each) => sql.lit(each)))})
        then ${sql.ref('manifests.content')} end`.as('index_content'),
    )
    .select(
      sql<number | null>`(
        select sum(blobs.size) from manifest_blobs join blobs on blobs.digest = manifest_blobs.digest
        where manifest_blobs.repository_id = tags.repository_id and manifest_blobs.manifest = tags.digest)`.as(
        'blob_bytes',
      ),
    )
    .where('tags.repository_id', '=', repository)
}

function toTagSummary(row: Awaited<ReturnType<ReturnType<typeof tagSummaries>['executeTakeFirstOrThrow']>>) {
  return {
    name: row.name,
    digest: row.digest,
    mediaType: row.media_type,
    imageBytes: row.blob_bytes === null ? undefined : row.size + row.blob_bytes,
    indexContent: row.index_content ?? undefined,
    pushedAt: new Date(row.updated_at),
    pulledAt: row.pulled_at === null ? undefined : new Date(row.pulled_at),
  }
}
