import { sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'

/** A change, as the audit has it. */
export interface Change {
  readonly id: number
  readonly action: string
  readonly target: string
  readonly detail: string
}

const changes = prepare<{ after: number; limit: number }, Change & { outcome: string }>((db, parameter) =>
  db
    .selectFrom('audit')
    .select(['id', 'action', 'target', 'detail', 'outcome'])
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter('limit')),
)

export async function changesAfter(executor: Executor, after: number, limit: number) {
  return changes(executor, { after, limit })
}

/** Rows of the audit up to the first are gone, the second is the newest. */
export async function auditBounds(executor: Executor): Promise<{ readonly removed: number; readonly newest: number }> {
  const { anchor_id } = await executor.db.selectFrom('audit_state').select('anchor_id').executeTakeFirstOrThrow()
  const row = await executor.db.selectFrom('audit').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
  return { removed: anchor_id, newest: row?.id ?? anchor_id }
}

export interface ManifestContent {
  readonly digest: Digest
  readonly media_type: MediaType
  readonly content: Uint8Array
}

const visible = prepare<{ repository: RepositoryId; digest: Digest }, ManifestContent>((db, parameter) =>
  db
    .selectFrom('manifests')
    .select(['digest', 'media_type', 'content'])
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .where('deletion', 'is', null),
)

export async function visibleManifest(executor: Executor, repository: RepositoryId, digest: Digest) {
  return (await visible(executor, { repository, digest }))[0]
}

interface SmallBlob {
  readonly digest: Digest
  readonly content: Uint8Array
}

const named = prepare<{ repository: RepositoryId; digest: Digest }, SmallBlob>((db, parameter) =>
  db
    .selectFrom('small_blobs')
    .select(['digest', 'content'])
    .where('digest', 'in', (query) =>
      query
        .selectFrom('manifest_blobs')
        .select('digest')
        .where('repository_id', '=', parameter('repository'))
        .where('manifest', '=', parameter('digest'))
        .union(
          query
            .selectFrom('manifest_children')
            .select('child as digest')
            .where('repository_id', '=', parameter('repository'))
            .where('parent', '=', parameter('digest')),
        ),
    ),
)

/** Of the blobs that a manifest names, those that are stored in the database. */
export async function smallBlobsOf(executor: Executor, repository: RepositoryId, digest: Digest): Promise<SmallBlob[]> {
  return named(executor, { repository, digest })
}

/** Pages of what a big database holds. */
const PAGE = 200

export async function repositoriesAfter(
  executor: Executor,
  after: RepositoryId,
): Promise<{ readonly id: RepositoryId; readonly name: RepositoryName }[]> {
  return executor.db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where('id', '>', after)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(PAGE)
    .execute()
}

export async function manifestsAfter(executor: Executor, repository: RepositoryId, after: string) {
  return executor.db
    .selectFrom('manifests')
    .select(['digest', 'media_type', 'content'])
    .where('repository_id', '=', repository)
    .where('digest', '>', after as Digest)
    .where('deletion', 'is', null)
    .orderBy('digest')
    .limit(PAGE)
    .execute()
}

export async function tagsAfter(executor: Executor, repository: RepositoryId, after: string) {
  return executor.db
    .selectFrom('tags')
    .select(['name', 'digest'])
    .where('repository_id', '=', repository)
    .where('name', '>', after as Tag)
    .orderBy('name')
    .limit(PAGE * 5)
    .execute()
}

/** Those that some manifest may need, in digest order. */
export async function smallBlobsAfter(executor: Executor, after: string): Promise<SmallBlob[]> {
  return executor.db
    .selectFrom('small_blobs')
    .innerJoin('blobs', 'blobs.digest', 'small_blobs.digest')
    .select(['small_blobs.digest', 'content'])
    .where('small_blobs.digest', '>', after as Digest)
    .where('blobs.holders', '>', 0)
    .orderBy('small_blobs.digest')
    .limit(PAGE)
    .execute()
}

/** Blobs that nobody holds yet are looked at by the collector then. */
export async function reviewLooseBlobs(tx: Transaction, at: Date): Promise<void> {
  await tx.db
    .updateTable('blobs')
    .set({ review_at: at.getTime() })
    .where('holders', '=', 0)
    .where(sql<boolean>`review_at is null`)
    .execute()
}
