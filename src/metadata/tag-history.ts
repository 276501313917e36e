import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import type { RepositoryId } from './repositories.ts'

/** One move of a tag, and what became of the manifest that it is about. */
export interface TagEvent {
  readonly tag: Tag
  readonly at: Date
  /** Undefined: the tag was deleted. */
  readonly digest: Digest | undefined
  readonly previous: Digest | undefined
  readonly actorName: string
  readonly reason: string
  /** Of `digest`, or of `previous` where the tag was deleted. */
  readonly manifest: 'there' | 'deleted' | 'gone'
  /** Of a manifest that is deleted. */
  readonly restorableUntil: Date | undefined
}

export interface TagEventQuery {
  readonly repositoryId: RepositoryId
  /** Undefined: every tag. */
  readonly tag: Tag | undefined
  /** Only what comes after this one, newest first. */
  readonly before: { readonly at: number; readonly tag: string } | undefined
  readonly limit: number
}

/** Newest first. */
export async function listTagEvents(executor: Executor, query: TagEventQuery): Promise<TagEvent[]> {
  const { repositoryId, tag, before, limit } = query
  const rows = await executor.db
    .selectFrom('tag_events as event')
    .leftJoin('manifests', (join) =>
      join
        .onRef('manifests.repository_id', '=', 'event.repository_id')
        .on('manifests.digest', '=', sql<Digest>`coalesce(event.digest, event.previous)`),
    )
    .leftJoin('deletions', 'deletions.id', 'manifests.deletion')
    .select(['event.tag', 'event.at', 'event.digest', 'event.previous', 'event.actor_name', 'event.reason'])
    .select(['manifests.digest as stored', 'manifests.deletion', 'deletions.purge_at'])
    .where('event.repository_id', '=', repositoryId)
    .$if(tag !== undefined, (builder) => builder.where('event.tag', '=', tag as Tag))
    .$if(before !== undefined, (builder) =>
      builder.where(sql<boolean>`(event.at, event.tag) < (${before?.at}, ${before?.tag})`),
    )
    .orderBy('event.at', 'desc')
    .orderBy('event.tag', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    tag: row.tag,
    at: new Date(row.at),
    digest: row.digest ?? undefined,
    previous: row.previous ?? undefined,
    actorName: row.actor_name,
    reason: row.reason,
    manifest: row.stored === null ? 'gone' : row.deletion === null ? 'there' : 'deleted',
    restorableUntil: row.purge_at === null ? undefined : new Date(row.purge_at),
  }))
}

/** Whether a tag ever named a digest, as far as anybody remembers. */
export async function hasNamed(
  executor: Executor,
  repositoryId: RepositoryId,
  { tag, digest }: { readonly tag: Tag; readonly digest: Digest },
): Promise<boolean> {
  const row = await executor.db
    .selectFrom('tag_events')
    .select('at')
    .where('repository_id', '=', repositoryId)
    .where('tag', '=', tag)
    .where(({ eb, or }) => or([eb('digest', '=', digest), eb('previous', '=', digest)]))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** What a tag last named, whether or not it is there still. */
export async function lastNamed(executor: Executor, repositoryId: RepositoryId, tag: Tag): Promise<Digest | undefined> {
  const row = await executor.db
    .selectFrom('tag_events')
    .select(['digest', 'previous'])
    .where('repository_id', '=', repositoryId)
    .where('tag', '=', tag)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.digest ?? row?.previous ?? undefined
}

export interface EventKey {
  readonly repositoryId: RepositoryId
  readonly tag: string
  readonly at: number
}

/** Where a look through all events begins. */
export const FIRST_EVENT: EventKey = { repositoryId: 0, tag: '', at: 0 }

/** Which events a look through them takes next. */
export interface EventWindow {
  readonly cutoff: Date
  readonly after: EventKey
  readonly limit: number
}

/**
 * Some events in the order of their key: whether any of them can go, and where the next look begins; undefined: that was
 * the end.
 */
export async function oldTagEvents(
  executor: Executor,
  window: EventWindow,
): Promise<{ readonly removable: boolean; readonly last: EventKey | undefined; readonly isEnd: boolean }> {
  const rows = await executor.db
    .selectFrom('tag_events')
    .select(['repository_id', 'tag', 'at'])
    .select(isRemovable(window.cutoff).as('removable'))
    .where(sql<boolean>`(repository_id, tag, at) > ${keyOf(window.after)}`)
    .orderBy('repository_id')
    .orderBy('tag')
    .orderBy('at')
    .limit(window.limit)
    .execute()
  const end = rows.at(-1)
  return {
    removable: rows.some((row) => Number(row.removable) === 1),
    last: end && { repositoryId: end.repository_id, tag: end.tag, at: end.at },
    isEnd: rows.length < window.limit,
  }
}

/** Removes what can go between two keys, the second one included. Returns how many events went. */
export async function removeOldTagEvents(
  tx: Transaction,
  { cutoff, after, until }: { readonly cutoff: Date; readonly after: EventKey; readonly until: EventKey },
): Promise<number> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('tag_events')
    .where(sql<boolean>`(repository_id, tag, at) > ${keyOf(after)}`)
    .where(sql<boolean>`(repository_id, tag, at) <= ${keyOf(until)}`)
    .where(isRemovable(cutoff))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

function keyOf({ repositoryId, tag, at }: EventKey) {
  return sql`(${repositoryId}, ${tag}, ${at})`
}

/**
 * What each tag named at the cutoff stays, so that every later moment still has its answer; that it named nothing then
 * is what is answered without an event too. What a deletion took stays as long as the deletion.
 */
function isRemovable(cutoff: Date) {
  const at = cutoff.getTime()
  return sql<boolean>`tag_events.at <= ${at} and tag_events.deletion is null and (
    tag_events.digest is null or exists (
      select 1 from tag_events as later where later.repository_id = tag_events.repository_id
        and later.tag = tag_events.tag and later.at > tag_events.at and later.at <= ${at}))`
}
