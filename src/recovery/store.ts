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
  /** What it names and its repository does not hold, as a JSON array of digests. */
  readonly lacks: string
}

/** Read together with the content, in one statement: a moment later it may be in the recycle bin, which forgets it. */
const LACKS = sql<string>`(
  select json_group_array(digest) from (
    select digest from manifest_blobs as named
    where named.repository_id = manifests.repository_id and named.manifest = manifests.digest
    union
    select child as digest from manifest_children as named
    where named.repository_id = manifests.repository_id and named.parent = manifests.digest
      and not exists (
        select 1 from manifests as child
        where child.repository_id = named.repository_id and child.digest = named.child and child.deletion is null)
  ) as every
  where not exists (
    select 1 from repository_blobs as held
    where held.repository_id = manifests.repository_id and held.digest = every.digest)
)`.as('lacks')

const visible = prepare<{ repository: RepositoryId; digest: Digest }, ManifestContent>((db, parameter) =>
  db
    .selectFrom('manifests')
    .select(['digest', 'media_type', 'content', LACKS])
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

const namers = prepare<{ repository: RepositoryId; digest: Digest; limit: number }, { manifest: Digest }>(
  (db, parameter) =>
    db
      .selectFrom('manifest_blobs as naming')
      .innerJoin('manifests', (join) =>
        join
          .onRef('manifests.repository_id', '=', 'naming.repository_id')
          .onRef('manifests.digest', '=', 'naming.manifest'),
      )
      .select('naming.manifest')
      .where('naming.repository_id', '=', parameter('repository'))
      .where('naming.digest', '=', parameter('digest'))
      .where('manifests.deletion', 'is', null)
      .unionAll(
        db
          .selectFrom('manifest_children as naming')
          .innerJoin('manifests', (join) =>
            join
              .onRef('manifests.repository_id', '=', 'naming.repository_id')
              .onRef('manifests.digest', '=', 'naming.parent'),
          )
          .select('naming.parent as manifest')
          .where('naming.repository_id', '=', parameter('repository'))
          .where('naming.child', '=', parameter('digest'))
          .where('manifests.deletion', 'is', null),
      )
      .limit(parameter('limit')),
)

const link = prepare<{ repository: RepositoryId; digest: Digest }, { digest: Digest }>((db, parameter) =>
  db
    .selectFrom('repository_blobs')
    .select('digest')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

/** Whether a repository holds a blob that a visible manifest of it names, other than these. */
export async function isNamedBesides(
  executor: Executor,
  blob: { readonly repository: RepositoryId; readonly digest: Digest },
  these: ReadonlySet<string>,
): Promise<boolean> {
  if ((await link(executor, blob)).length === 0) return false
  const found = await namers(executor, { ...blob, limit: these.size + 1 })
  return found.some(({ manifest }) => !these.has(manifest))
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
    .select(['digest', 'media_type', 'content', LACKS])
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
