import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor } from './db.ts'
import type { RepositoryId, RepositoryUsage } from './repositories.ts'

/** A repository as lists show it. */
export interface RepositorySummary extends RepositoryUsage {
  readonly id: RepositoryId
  readonly name: RepositoryName
  readonly createdAt: Date
  /** When a tag of it last moved; without one when it was made. */
  readonly updatedAt: Date
}

/** Repositories that hold a manifest, by name: those with names after `after`, and equal to or below `below`. */
export async function listRepositorySummaries(
  executor: Executor,
  { below, after, limit }: { readonly below: string | undefined; readonly after: string; readonly limit: number },
): Promise<RepositorySummary[]> {
  const rows = await summaries(executor)
    .where('name', '>', after as RepositoryName)
    .where(
      sql<boolean>`exists (select 1 from manifests where repository_id = repositories.id and manifests.deletion is null)`,
    )
    .$if(below !== undefined, (builder) =>
      // "0" follows "/" in byte order.
      builder.where(sql<boolean>`(name = ${below} or (name > ${`${below}/`} and name < ${`${below}0`}))`),
    )
    .orderBy('name')
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

function summaries(executor: Executor) {
  return executor.db
    .selectFrom('repositories')
    .select(['id', 'name', 'bytes', 'unique_bytes', 'created_at'])
    .select(sql<number | null>`(select max(at) from tag_events where repository_id = repositories.id)`.as('moved_at'))
    .where('deleted_at', 'is', null)
}

function toSummary(row: Awaited<ReturnType<ReturnType<typeof summaries>['executeTakeFirstOrThrow']>>) {
  return {
    id: row.id,
    name: row.name,
    bytes: row.bytes,
    uniqueBytes: row.unique_bytes,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.moved_at ?? row.created_at),
  }
}

/** A tag as lists show it. */
export interface TagSummary {
  readonly name: Tag
  readonly digest: Digest
  readonly mediaType: MediaType
  /** Of an image: its manifest, config and layers. Undefined for an index, whose images have sizes of their own. */
  readonly imageBytes: number | undefined
  readonly pushedAt: Date
  readonly pulledAt: Date | undefined
}

/** By name, those after `after`. */
export async function listTagSummaries(
  executor: Executor,
  repository: RepositoryId,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<TagSummary[]> {
  const rows = await tagSummaries(executor, repository)
    .where('tags.name', '>', after as Tag)
    .orderBy('tags.name')
    .limit(limit)
    .execute()
  return rows.map(toTagSummary)
}

export async function findTagSummary(
  executor: Executor,
  repository: RepositoryId,
  tag: Tag,
): Promise<TagSummary | undefined> {
  const row = await tagSummaries(executor, repository).where('tags.name', '=', tag).executeTakeFirst()
  return row && toTagSummary(row)
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
    pushedAt: new Date(row.updated_at),
    pulledAt: row.pulled_at === null ? undefined : new Date(row.pulled_at),
  }
}
