import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import type { Executor } from './db.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'

/** How many digests one of these queries is given at most, so that it takes a few milliseconds. */
export const GRAPH_BATCH = 400
/** What names one thing is counted up to this; of more it is only known that there are as many at least. */
export const MOST_COUNTED = 16

interface Asked {
  repository: RepositoryId
  digests: string
}

function asked(repository: RepositoryId, digests: readonly string[]): Asked {
  return { repository, digests: JSON.stringify(digests) }
}

export interface GraphManifest {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly subject: Digest | undefined
}

const visible = prepareText<Asked, { digest: Digest; size: number; subject: Digest | null }>(
  (parameter) => sql`
    select m.digest, m.size, m.subject
    from json_each(${parameter('digests')}) asked
    cross join manifests m on m.repository_id = ${parameter('repository')} and m.digest = asked.value
    where m.deletion is null`,
)

/** Those of the digests that are visible manifests. */
export async function visibleManifests(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly string[],
): Promise<GraphManifest[]> {
  const rows = await visible(executor, asked(repository, digests))
  return rows.map(({ digest, size, subject }) => ({ digest, sizeBytes: size, subject: subject ?? undefined }))
}

/** `from` names `to`, or stands and falls with it. */
export interface Edge {
  readonly from: Digest
  readonly to: Digest
}

export const childrenOf = edges(
  (parameter) => sql`
    select c.parent as "from", c.child as "to"
    from json_each(${parameter('digests')}) asked
    cross join manifest_children c on c.repository_id = ${parameter('repository')} and c.parent = asked.value`,
)

/** Visible indexes that list these: `from` is the index. */
export const indexesOf = edges(
  (parameter) => sql`
    select c.parent as "from", c.child as "to"
    from json_each(${parameter('digests')}) asked
    cross join manifest_children c on c.repository_id = ${parameter('repository')} and c.child = asked.value
    cross join manifests m on m.repository_id = c.repository_id and m.digest = c.parent
    where m.deletion is null`,
)

/** Visible manifests that have these as subject: `to` is the referrer. */
export const referrersOf = edges(
  (parameter) => sql`
    select m.subject as "from", m.digest as "to"
    from json_each(${parameter('digests')}) asked
    cross join manifests m on m.repository_id = ${parameter('repository')} and m.subject = asked.value
    where m.deletion is null`,
)

function edges(
  build: Parameters<typeof prepareText<Asked, Edge>>[0],
): (executor: Executor, repository: RepositoryId, digests: readonly string[]) => Promise<Edge[]> {
  const run = prepareText<Asked, Edge>(build)
  return (executor, repository, digests) => run(executor, asked(repository, digests))
}

export interface NamedTag {
  readonly tag: Tag
  readonly digest: Digest
}

const tagsNamed = prepareText<{ repository: RepositoryId; tags: string }, NamedTag & { pushedAt: number }>(
  (parameter) => sql`
    select t.name as tag, t.digest, t.updated_at as "pushedAt"
    from json_each(${parameter('tags')}) asked
    cross join tags t on t.repository_id = ${parameter('repository')} and t.name = asked.value`,
)

/** Those of the tags that are there. */
export function findTags(
  executor: Executor,
  repository: RepositoryId,
  tags: readonly string[],
): Promise<(NamedTag & { readonly pushedAt: number })[]> {
  return tagsNamed(executor, { repository, tags: JSON.stringify(tags) })
}

const tagCounts = prepareText<Asked, { digest: Digest; tags: number }>(
  (parameter) => sql`
    select asked.value as digest, (
      select count(*) from (
        select 1 from tags t
        where t.repository_id = ${parameter('repository')} and t.digest = asked.value limit ${sql.lit(MOST_COUNTED)}
      ) as some_tags
    ) as tags
    from json_each(${parameter('digests')}) asked`,
)

/** How many tags each has, counted up to `MOST_COUNTED`. */
export function countTagsOn(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly string[],
): Promise<{ readonly digest: Digest; readonly tags: number }[]> {
  return tagCounts(executor, asked(repository, digests))
}

const moreTags = prepareText<{ repository: RepositoryId; digest: Digest; after: string; limit: number }, { name: Tag }>(
  (parameter) => sql`
    select name from tags
    where repository_id = ${parameter('repository')} and digest = ${parameter('digest')} and name > ${parameter('after')}
    order by name limit ${parameter('limit')}`,
)

/** A page of the tags of one manifest. */
export async function tagsOnPage(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly digest: Digest; readonly after: string; readonly limit: number },
): Promise<Tag[]> {
  return (await moreTags(executor, { repository, ...page })).map(({ name }) => name)
}

const signatures = prepareText<Asked, NamedTag & { about: Digest }>(
  (parameter) => sql`
    select asked.value as about, t.name as tag, t.digest
    from json_each(${parameter('digests')}) asked
    cross join tags t on t.repository_id = ${parameter('repository')}
      and t.name >= replace(asked.value, ':', '-') and t.name < replace(asked.value, ':', '-') || '/'`,
)

/** Tags whose names begin with a digest, `sha256-<hex>.sig`, and what they are about. */
export function tagsAbout(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly string[],
): Promise<(NamedTag & { readonly about: Digest })[]> {
  return signatures(executor, asked(repository, digests))
}

const kinds = prepareText<{ repository: RepositoryId }, { indexes: number; referrers: number; about: number }>(
  (parameter) => sql`
    select
      case when exists (select 1 from manifest_children where repository_id = ${parameter('repository')})
        then 1 else 0 end as indexes,
      case when exists (
        select 1 from manifests where repository_id = ${parameter('repository')} and subject is not null)
        then 1 else 0 end as referrers,
      case when exists (
        select 1 from tags where repository_id = ${parameter('repository')} and name >= 'sha256-' and name < 'sha256.')
        then 1 else 0 end as about`,
)

/** Which of the above a repository has at all. */
export async function edgeKinds(
  executor: Executor,
  repository: RepositoryId,
): Promise<{ readonly indexes: boolean; readonly referrers: boolean; readonly about: boolean }> {
  const [row] = await kinds(executor, { repository })
  return { indexes: row?.indexes === 1, referrers: row?.referrers === 1, about: row?.about === 1 }
}
