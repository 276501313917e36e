import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'
import type { DeletionKind } from './schema.ts'

type Place = { repository: RepositoryId; digest: Digest }

/** A manifest, visible or in the recycle bin. */
export interface StoredManifest {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly content: Uint8Array
  /** Undefined: visible. */
  readonly deletion: number | undefined
  /** Until when it can be restored. Undefined: visible. */
  readonly restorableUntil: Date | undefined
}

interface StoredRow {
  digest: Digest
  media_type: MediaType
  content: Uint8Array
  deletion: number | null
  purge_at: number | null
}

const find = prepare<Place, StoredRow>((db, parameter) =>
  db
    .selectFrom('manifests')
    .leftJoin('deletions', 'deletions.id', 'manifests.deletion')
    .select(['manifests.digest', 'media_type', 'content', 'deletion', 'purge_at'])
    .where('manifests.repository_id', '=', parameter('repository'))
    .where('manifests.digest', '=', parameter('digest')),
)

export async function findStoredManifest(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<StoredManifest | undefined> {
  const [row] = await find(executor, { repository, digest })
  return (
    row && {
      digest: row.digest,
      mediaType: row.media_type,
      content: row.content,
      deletion: row.deletion ?? undefined,
      restorableUntil: row.purge_at === null ? undefined : new Date(row.purge_at),
    }
  )
}

const blobsOf = prepare<Place, { digest: Digest }>((db, parameter) =>
  db
    .selectFrom('manifest_blobs')
    .select('digest')
    .where('repository_id', '=', parameter('repository'))
    .where('manifest', '=', parameter('digest')),
)

const childrenOf = prepare<Place, { child: Digest }>((db, parameter) =>
  db
    .selectFrom('manifest_children')
    .select('child')
    .where('repository_id', '=', parameter('repository'))
    .where('parent', '=', parameter('digest')),
)

/** What a manifest names. Of one in the recycle bin: what its repository held when it was deleted, and nothing else. */
export async function contentNamedBy(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<{ readonly blobs: Digest[]; readonly children: Digest[] }> {
  const blobs = await blobsOf(executor, { repository, digest })
  const children = await childrenOf(executor, { repository, digest })
  return { blobs: blobs.map((row) => row.digest), children: children.map((row) => row.child) }
}

const referrersIn = prepare<Place & { kind: DeletionKind }, { digest: Digest }>((db, parameter) =>
  db
    .selectFrom('manifests')
    .innerJoin('deletions', 'deletions.id', 'manifests.deletion')
    .select('manifests.digest')
    .where('manifests.repository_id', '=', parameter('repository'))
    .where('manifests.subject', '=', parameter('digest'))
    .where('deletions.kind', '=', parameter('kind')),
)

/** Referrers that went because what they refer to had gone. */
export async function lostReferrers(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<readonly Digest[]> {
  return (await referrersIn(executor, { repository, digest, kind: 'untagged' })).map((row) => row.digest)
}

/** Some of the manifests of a deletion that are in the recycle bin still, in the order of their digests. */
export async function manifestsIn(
  executor: Executor,
  deletion: number,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<Digest[]> {
  const rows = await executor.db
    .selectFrom('manifests')
    .select('digest')
    .where('deletion', '=', deletion)
    .where('digest', '>', after as Digest)
    .orderBy('digest')
    .limit(limit)
    .execute()
  return rows.map((row) => row.digest)
}

const leftIn = prepare<{ deletion: number }, { digest: Digest }>((db, parameter) =>
  db.selectFrom('manifests').select('digest').where('deletion', '=', parameter('deletion')).limit(1),
)

/** Whether nothing of a deletion is in the recycle bin any more. */
export async function isEmptied(executor: Executor, deletion: number): Promise<boolean> {
  return (await leftIn(executor, { deletion })).length === 0
}

/** A tag that a deletion took along, and what it named. */
export interface LostTag {
  readonly tag: Tag
  readonly digest: Digest
}

export interface LostTagsPage {
  readonly deletion: number
  readonly repositoryId: RepositoryId
  readonly after: string
  readonly limit: number
}

/** Some of the tags of a deletion, in the order of their names. */
export async function lostTagsPage(
  executor: Executor,
  { deletion, repositoryId, after, limit }: LostTagsPage,
): Promise<LostTag[]> {
  const rows = await executor.db
    .selectFrom('tag_events')
    .select(['tag', 'previous'])
    .where('deletion', '=', deletion)
    .where('repository_id', '=', repositoryId)
    .where('tag', '>', after as Tag)
    .where('digest', 'is', null)
    .where('previous', 'is not', null)
    .orderBy('tag')
    .limit(limit)
    .execute()
  return rows.flatMap(({ tag, previous }) => (previous === null ? [] : [{ tag, digest: previous }]))
}

const forgetTags = prepareText<{ deletion: number; repository: RepositoryId; tags: string }, never>(
  (parameter) => sql`
    update tag_events set deletion = null
    where deletion = ${parameter('deletion')} and repository_id = ${parameter('repository')}
      and tag in (select value from json_each(${parameter('tags')}))`,
)

/** Tags that came back: restoring their deletion again leaves them as they are then. */
export async function forgetLostTags(
  tx: Transaction,
  { deletion, repositoryId, tags }: { deletion: number; repositoryId: RepositoryId; tags: readonly Tag[] },
): Promise<void> {
  if (tags.length > 0) await forgetTags(tx, { deletion, repository: repositoryId, tags: JSON.stringify(tags) })
}

const someEvents = prepare<{ deletion: number; limit: number }, { at: number }>((db, parameter) =>
  db.selectFrom('tag_events').select('at').where('deletion', '=', parameter('deletion')).limit(parameter('limit')),
)

/** Whether a deletion took more tags than one transaction should touch. */
export async function tookMoreTagsThan(executor: Executor, deletion: number, limit: number): Promise<boolean> {
  return (await someEvents(executor, { deletion, limit: limit + 1 })).length > limit
}

export async function setPurgeAt(tx: Transaction, deletion: number, purgeAt: Date): Promise<void> {
  await tx.db.updateTable('deletions').set({ purge_at: purgeAt.getTime() }).where('id', '=', deletion).execute()
}
