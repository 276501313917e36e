import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor } from './db.ts'
import { MOST_COUNTED } from './manifest-graph.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'

interface Asked {
  repository: RepositoryId
  digests: string
}

const named = prepareText<Asked, { digest: Digest }>(
  (parameter) => sql`
    select b.digest from json_each(${parameter('digests')}) asked
    cross join manifest_blobs b on b.repository_id = ${parameter('repository')} and b.manifest = asked.value
    union all
    select c.child from json_each(${parameter('digests')}) asked
    cross join manifest_children c on c.repository_id = ${parameter('repository')} and c.parent = asked.value`,
)

/** What these manifests name, once for each that does: configs, layers, and what indexes list, blobs or not. */
export async function contentOf(
  executor: Executor,
  repository: RepositoryId,
  manifests: readonly Digest[],
): Promise<Digest[]> {
  const rows = await named(executor, { repository, digests: JSON.stringify(manifests) })
  return rows.map(({ digest }) => digest)
}

const held = prepareText<Asked, { digest: Digest; size: number; holders: number; namers: number }>(
  (parameter) => sql`
    select b.digest, b.size, b.holders, (
      select count(*) from (
        select 1 from manifest_blobs u
        where u.digest = b.digest and u.repository_id = ${parameter('repository')} limit ${sql.lit(MOST_COUNTED)}
      ) as some_images
    ) + case when exists (
      -- Asked once for all: most repositories have no index, and then none names a blob.
      select 1 from manifest_children any_index where any_index.repository_id = ${parameter('repository')}
    ) then (
      select count(*) from (
        select 1 from manifest_children c
        where c.child = b.digest and c.repository_id = ${parameter('repository')} limit ${sql.lit(MOST_COUNTED)}
      ) as some_indexes
    ) else 0 end as namers
    from json_each(${parameter('digests')}) asked
    cross join repository_blobs held
      on held.repository_id = ${parameter('repository')} and held.digest = asked.value
    cross join blobs b on b.digest = held.digest`,
)

/** A blob that a repository holds. */
export interface CountedBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Repositories that hold it, deleted ones too. */
  readonly holders: number
  /** Manifests of the repository that name it, also those in the recycle bin; up to `MOST_COUNTED` images and as many indexes. */
  readonly namers: number
}

/** Those of the digests that are blobs of the repository. */
export async function heldBlobs(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly Digest[],
): Promise<CountedBlob[]> {
  const rows = await held(executor, { repository, digests: JSON.stringify(digests) })
  return rows.map(({ size, ...row }) => ({ ...row, sizeBytes: size }))
}

const moreNamers = prepareText<
  { repository: RepositoryId; digest: Digest; after: string; limit: number },
  { manifest: Digest }
>(
  (parameter) => sql`
    select manifest from manifest_blobs
    where digest = ${parameter('digest')} and repository_id = ${parameter('repository')}
      and manifest > ${parameter('after')}
    union
    select parent from manifest_children
    where child = ${parameter('digest')} and repository_id = ${parameter('repository')} and parent > ${parameter('after')}
    order by 1 limit ${parameter('limit')}`,
)

/** A page of the manifests and indexes that name one blob. */
export async function namersPage(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly digest: Digest; readonly after: string; readonly limit: number },
): Promise<Digest[]> {
  return (await moreNamers(executor, { repository, ...page })).map(({ manifest }) => manifest)
}

const liveHolders = prepareText<{ digest: Digest; limit: number }, { id: number }>(
  (parameter) => sql`
    select r.id from repository_blobs held
    cross join repositories r on r.id = held.repository_id
    where held.digest = ${parameter('digest')} and r.deleted_at is null
    limit ${parameter('limit')}`,
)

/** Repositories that hold a blob and are not deleted, at most so many. */
export async function findLiveHolders(executor: Executor, digest: Digest, limit: number): Promise<RepositoryId[]> {
  return (await liveHolders(executor, { digest, limit })).map(({ id }) => id)
}

export interface LiveHolder {
  readonly id: RepositoryId
  readonly name: RepositoryName
}

const namedHolders = prepareText<{ digest: Digest; after: RepositoryId; limit: number }, LiveHolder>(
  (parameter) => sql`
    select r.id, r.name from repository_blobs held
    cross join repositories r on r.id = held.repository_id
    where held.digest = ${parameter('digest')} and held.repository_id > ${parameter('after')} and r.deleted_at is null
    order by held.repository_id limit ${parameter('limit')}`,
)

/** A page of those, by id. */
export async function liveHoldersPage(
  executor: Executor,
  page: { readonly digest: Digest; readonly after: RepositoryId; readonly limit: number },
): Promise<LiveHolder[]> {
  return namedHolders(executor, { ...page })
}

const heldPage = prepareText<{ repository: RepositoryId; after: string; limit: number }, { digest: Digest }>(
  (parameter) => sql`
    select digest from repository_blobs
    where repository_id = ${parameter('repository')} and digest > ${parameter('after')}
    order by digest limit ${parameter('limit')}`,
)

/** A page of what a repository holds. */
export async function heldDigests(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly after: string; readonly limit: number },
): Promise<Digest[]> {
  return (await heldPage(executor, { repository, ...page })).map(({ digest }) => digest)
}

const visiblePage = prepareText<
  { repository: RepositoryId; after: string; limit: number },
  { digest: Digest; size: number }
>(
  (parameter) => sql`
    select digest, size from manifests
    where repository_id = ${parameter('repository')} and digest > ${parameter('after')} and deletion is null
    order by digest limit ${parameter('limit')}`,
)

/** A page of the visible manifests of a repository. */
export async function manifestsPage(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly after: string; readonly limit: number },
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }[]> {
  const rows = await visiblePage(executor, { repository, ...page })
  return rows.map(({ digest, size }) => ({ digest, sizeBytes: size }))
}
