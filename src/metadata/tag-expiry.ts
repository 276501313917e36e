import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepareText } from './prepared-text.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

interface Place {
  readonly repository: RepositoryId
  readonly tag: Tag
}

/** `label`: the image says so itself. */
export type ExpirySource = 'label' | 'user'

export interface TagExpiry {
  readonly expiresAt: Date
  readonly source: ExpirySource
}

const upsert = prepare<Place & { at: number; source: ExpirySource }, never>((db, parameter) =>
  db
    .insertInto('tag_expiry')
    .values({
      repository_id: parameter('repository'),
      tag: parameter('tag'),
      expires_at: parameter('at'),
      source: parameter('source'),
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'tag']).doUpdateSet((update) => ({
        expires_at: update.ref('excluded.expires_at'),
        source: update.ref('excluded.source'),
      })),
    ),
)

/** Replaces what was said before. */
export async function setTagExpiry(tx: Transaction, place: Place, { expiresAt, source }: TagExpiry): Promise<void> {
  await upsert(tx, { ...place, at: expiresAt.getTime(), source })
}

const remove = prepare<Place, { tag: Tag }>((db, parameter) =>
  db
    .deleteFrom('tag_expiry')
    .where('repository_id', '=', parameter('repository'))
    .where('tag', '=', parameter('tag'))
    .returning('tag'),
)

/** Returns whether there was one. */
export async function removeTagExpiry(tx: Transaction, place: Place): Promise<boolean> {
  return (await remove(tx, place)).length > 0
}

const find = prepare<Place, { expires_at: number; source: string }>((db, parameter) =>
  db
    .selectFrom('tag_expiry')
    .select(['expires_at', 'source'])
    .where('repository_id', '=', parameter('repository'))
    .where('tag', '=', parameter('tag')),
)

export async function findTagExpiry(executor: Executor, place: Place): Promise<TagExpiry | undefined> {
  const [row] = await find(executor, place)
  return row && { expiresAt: new Date(row.expires_at), source: row.source as ExpirySource }
}

const expiredNow = prepareText<{ repository: RepositoryId; tags: string; now: number }, { tag: Tag }>(
  (parameter) => sql`
    select e.tag from json_each(${parameter('tags')}) asked
    cross join tag_expiry e on e.repository_id = ${parameter('repository')} and e.tag = asked.value
    where e.expires_at <= ${parameter('now')}`,
)

/** Those of the tags whose date has come. */
export async function expiredAmong(
  executor: Executor,
  { repository, tags, now }: { readonly repository: RepositoryId; readonly tags: readonly Tag[]; readonly now: Date },
): Promise<ReadonlySet<Tag>> {
  const rows = await expiredNow(executor, { repository, tags: JSON.stringify(tags), now: now.getTime() })
  return new Set(rows.map(({ tag }) => tag))
}

export interface ExpiredTag {
  readonly repositoryId: RepositoryId
  readonly repository: RepositoryName
  readonly tag: Tag
  readonly digest: Digest
}

/** A page of the expired tags of repositories that are not deleted, by repository and tag. */
export async function expiredTags(
  executor: Executor,
  now: Date,
  { after, limit }: { readonly after: Pick<ExpiredTag, 'repositoryId' | 'tag'> | undefined; readonly limit: number },
): Promise<ExpiredTag[]> {
  return executor.db
    .selectFrom('tag_expiry')
    .innerJoin('tags', (join) =>
      join.onRef('tags.repository_id', '=', 'tag_expiry.repository_id').onRef('tags.name', '=', 'tag_expiry.tag'),
    )
    .innerJoin('repositories', 'repositories.id', 'tag_expiry.repository_id')
    .select(['repositories.id as repositoryId', 'repositories.name as repository', 'tag_expiry.tag', 'tags.digest'])
    .where('tag_expiry.expires_at', '<=', now.getTime())
    .where('repositories.deleted_at', 'is', null)
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('tag_expiry.repository_id', 'tag_expiry.tag'),
          '>',
          tuple(after?.repositoryId ?? 0, after?.tag ?? ('' as Tag)),
        ),
      ),
    )
    .orderBy('tag_expiry.repository_id')
    .orderBy('tag_expiry.tag')
    .limit(limit)
    .execute()
}
