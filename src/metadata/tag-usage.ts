import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import type { Executor } from './db.ts'
import { type Edge, MOST_COUNTED } from './manifest-graph.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'

interface Asked {
  repository: RepositoryId
  digests: string
}

export interface SizedBlob {
  readonly digest: Digest
  readonly sizeBytes: number
}

const blobs = prepareText<{ repository: RepositoryId; after: string; limit: number }, SizedBlob>(
  (parameter) => sql`
    select digest, (select size from blobs where blobs.digest = repository_blobs.digest) as "sizeBytes"
    from repository_blobs
    where repository_id = ${parameter('repository')} and digest > ${parameter('after')}
    order by digest limit ${parameter('limit')}`,
)

/** A page of the blobs of a repository, by digest. */
export function listRepositoryBlobs(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly after: string; readonly limit: number },
): Promise<SizedBlob[]> {
  return blobs(executor, { repository, ...page })
}

const namers = prepareText<Asked, Edge>(
  (parameter) => sql`
    select u.manifest as "from", u.digest as "to"
    from json_each(${parameter('digests')}) asked
    cross join manifest_blobs u on u.digest = asked.value and u.repository_id = ${parameter('repository')}
    where (select count(*) from (
      select 1 from manifest_blobs c
      where c.digest = asked.value and c.repository_id = ${parameter('repository')} limit ${sql.lit(MOST_COUNTED)}
    ) as some_images) < ${sql.lit(MOST_COUNTED)}`,
)

/** The manifests that name these blobs, but for blobs that very many do. */
export function namersOfFew(executor: Executor, repository: RepositoryId, digests: readonly Digest[]): Promise<Edge[]> {
  return namers(executor, { repository, digests: JSON.stringify(digests) })
}

const subjects = prepareText<Asked, Edge>(
  (parameter) => sql`
    select m.subject as "from", m.digest as "to"
    from json_each(${parameter('digests')}) asked
    cross join manifests m on m.repository_id = ${parameter('repository')} and m.digest = asked.value
    where m.deletion is null and m.subject is not null`,
)

/** `from` is what `to` is about. */
export function subjectsOf(executor: Executor, repository: RepositoryId, digests: readonly Digest[]): Promise<Edge[]> {
  return subjects(executor, { repository, digests: JSON.stringify(digests) })
}

export interface TagsOn {
  readonly digest: Digest
  /** The first of them. */
  readonly tag: Tag
  readonly tags: number
}

const tagsOn = prepareText<Asked, TagsOn>(
  (parameter) => sql`
    select t.digest, min(t.name) as tag, count(*) as tags
    from json_each(${parameter('digests')}) asked
    cross join tags t on t.repository_id = ${parameter('repository')} and t.digest = asked.value
    group by t.digest`,
)

/** Those of the manifests that have tags. */
export function findTagsOn(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly Digest[],
): Promise<TagsOn[]> {
  return tagsOn(executor, { repository, digests: JSON.stringify(digests) })
}
