import type { Kysely } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'
import type { Schema } from './schema.ts'

/** What answers a HEAD: enough to find the content in a cache. */
export interface ManifestHead {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly sizeBytes: number
  readonly repositoryId: RepositoryId
  /** When it was last pushed, while the collector may have an eye on it; undefined: something names it. */
  readonly looseSince: number | undefined
}

/** What a referrers list says of a manifest. */
export interface ReferrerRecord {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly sizeBytes: number
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
  readonly pushedAt: Date
}

interface HeadRow {
  digest: Digest
  media_type: MediaType
  size: number
  repository_id: number
  created_at: number
  review_at: number | null
}

const HEAD = [
  'manifests.digest',
  'manifests.media_type',
  'manifests.size',
  'manifests.repository_id',
  'manifests.created_at',
  'manifests.review_at',
] as const

const headByTag = prepare<{ name: RepositoryName; tag: Tag }, HeadRow>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('tags', 'tags.repository_id', 'repositories.id')
    .innerJoin('manifests', (join) =>
      join.onRef('manifests.repository_id', '=', 'tags.repository_id').onRef('manifests.digest', '=', 'tags.digest'),
    )
    .select(HEAD)
    .where('repositories.name', '=', parameter('name'))
    .where('tags.name', '=', parameter('tag')),
)

const headByDigest = prepare<{ name: RepositoryName; digest: Digest }, HeadRow>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('manifests', 'manifests.repository_id', 'repositories.id')
    .select(HEAD)
    .where('repositories.name', '=', parameter('name'))
    .where('manifests.digest', '=', parameter('digest'))
    .where('manifests.deletion', 'is', null),
)

const contentOf = prepare<{ repository: RepositoryId; digest: Digest }, { content: Uint8Array }>((db, parameter) =>
  db
    .selectFrom('manifests')
    .select('content')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

const exists = prepare<{ repository: RepositoryId; digest: Digest }, { size: number }>((db, parameter) =>
  db
    .selectFrom('manifests')
    .select('size')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .where('deletion', 'is', null),
)

export async function findManifestByTag(
  executor: Executor,
  name: RepositoryName,
  tag: Tag,
): Promise<ManifestHead | undefined> {
  const [row] = await headByTag(executor, { name, tag })
  return row && toHead(row)
}

export async function findManifestByDigest(
  executor: Executor,
  name: RepositoryName,
  digest: Digest,
): Promise<ManifestHead | undefined> {
  const [row] = await headByDigest(executor, { name, digest })
  return row && toHead(row)
}

export async function readManifestContent(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  const [row] = await contentOf(executor, { repository, digest })
  return row?.content
}

/** When it was last pushed. */
export async function findManifestDetails(
  { db }: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<{ readonly pushedAt: Date } | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select('created_at')
    .where('repository_id', '=', repository)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row && { pushedAt: new Date(row.created_at) }
}

export async function findManifestSize(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<number | undefined> {
  const [row] = await exists(executor, { repository, digest })
  return row?.size
}

export interface NewManifest {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
  readonly manifest: Manifest
  readonly content: Uint8Array
  readonly now: Date
  /** When the collector looks whether anything names it; undefined: a tag does. */
  readonly reviewAt: Date | undefined
}

const insertManifest = prepare<
  {
    repository: RepositoryId
    digest: Digest
    mediaType: MediaType
    artifactType: string | null
    subject: string | null
    annotations: string | null
    size: number
    content: Uint8Array
    now: number
    reviewAt: number | null
  },
  { digest: Digest }
>((db, parameter) =>
  db
    .insertInto('manifests')
    .values({
      repository_id: parameter('repository'),
      digest: parameter('digest'),
      media_type: parameter('mediaType'),
      artifact_type: parameter('artifactType'),
      subject: parameter('subject'),
      annotations: parameter('annotations'),
      size: parameter('size'),
      content: parameter('content'),
      created_at: parameter('now'),
      deletion: null,
      released_at: null,
      review_at: parameter('reviewAt'),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['repository_id', 'digest'])
        .doUpdateSet((update) => ({
          deletion: null,
          created_at: update.ref('excluded.created_at'),
          review_at: update.ref('excluded.review_at'),
          content: update.ref('excluded.content'),
        }))
        .where(({ eb, or, ref }) =>
          or([
            eb('manifests.deletion', 'is not', null),
            eb('manifests.review_at', 'is not', null),
            eb('manifests.content', '!=', ref('excluded.content')),
          ]),
        ),
    )
    .returning('digest'),
)

/**
 * Adds a manifest with what it refers to. One that is there already stays as it is, but for its age while nothing names
 * it; one in the recycle bin comes back, and one whose bytes were damaged gets its own again.
 */
export async function addManifest(
  tx: Transaction,
  { repositoryId, digest, manifest, content, now, reviewAt }: NewManifest,
): Promise<void> {
  const added = await insertManifest(tx, {
    repository: repositoryId,
    digest,
    mediaType: manifest.mediaType,
    artifactType: manifest.artifactType ?? null,
    subject: manifest.subject?.digest ?? null,
    // Only lists of referrers show them; the content has them anyway.
    annotations: manifest.subject && manifest.annotations ? JSON.stringify(manifest.annotations) : null,
    size: content.byteLength,
    content,
    now: now.getTime(),
    reviewAt: reviewAt?.getTime() ?? null,
  })
  if (added.length > 0) await addReferences(tx, { repositoryId, digest, manifest })
}

/** Writes down what a manifest refers to, where that does not stand there already. */
export async function addReferences(
  tx: Transaction,
  { repositoryId, digest, manifest }: Pick<NewManifest, 'repositoryId' | 'digest' | 'manifest'>,
): Promise<void> {
  const blobs = [...new Set(manifest.blobs.map((blob) => blob.digest as Digest))]
  for (const blob of blobs) await addBlobReference(tx, { repository: repositoryId, manifest: digest, digest: blob })
  const children = [...new Set(manifest.children.map((child) => child.digest as Digest))]
  for (const child of children) await addChildReference(tx, { repository: repositoryId, parent: digest, child })
}

const addBlobReference = prepare<{ repository: RepositoryId; manifest: Digest; digest: Digest }, never>(
  (db, parameter) =>
    db
      .insertInto('manifest_blobs')
      .values({
        repository_id: parameter('repository'),
        manifest: parameter('manifest'),
        digest: parameter('digest'),
      })
      .onConflict((conflict) => conflict.doNothing()),
)

const addChildReference = prepare<{ repository: RepositoryId; parent: Digest; child: Digest }, never>((db, parameter) =>
  db
    .insertInto('manifest_children')
    .values({
      repository_id: parameter('repository'),
      parent: parameter('parent'),
      child: parameter('child'),
    })
    .onConflict((conflict) => conflict.doNothing()),
)

/** As if it had been pushed now. False when it is not visible any more. */
export async function touchManifest(
  tx: Transaction,
  { repositoryId, digest }: Pick<ManifestHead, 'repositoryId' | 'digest'>,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('manifests')
    .set({ created_at: now.getTime() })
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .where('deletion', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

const userOf = prepare<{ repository: RepositoryId; digest: Digest }, { manifest: Digest }>((db, parameter) =>
  db
    .selectFrom('manifest_blobs')
    .innerJoin('manifests', (join) =>
      join
        .onRef('manifests.repository_id', '=', 'manifest_blobs.repository_id')
        .onRef('manifests.digest', '=', 'manifest_blobs.manifest'),
    )
    .select('manifest_blobs.manifest')
    .where('manifest_blobs.digest', '=', parameter('digest'))
    .where('manifest_blobs.repository_id', '=', parameter('repository'))
    .where('manifests.deletion', 'is', null)
    .limit(1),
)

/** A visible manifest of the repository that has this blob as config or layer. */
export async function findBlobUser(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<Digest | undefined> {
  const [row] = await userOf(executor, { repository, digest })
  return row?.manifest
}

/** The bytes of a visible manifest of the repository that has this blob as config or layer. */
export async function readManifestNaming(
  executor: Executor,
  name: RepositoryName,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  const row = await executor.db
    .selectFrom('repositories')
    .innerJoin('manifest_blobs', 'manifest_blobs.repository_id', 'repositories.id')
    .innerJoin('manifests', (join) =>
      join
        .onRef('manifests.repository_id', '=', 'manifest_blobs.repository_id')
        .onRef('manifests.digest', '=', 'manifest_blobs.manifest'),
    )
    .select('manifests.content')
    .where('repositories.name', '=', name)
    .where('manifest_blobs.digest', '=', digest)
    .where('manifests.deletion', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row?.content
}

const indexOf = prepare<{ repository: RepositoryId; digest: Digest }, { parent: Digest }>((db, parameter) =>
  db
    .selectFrom('manifest_children')
    .innerJoin('manifests', (join) =>
      join
        .onRef('manifests.repository_id', '=', 'manifest_children.repository_id')
        .onRef('manifests.digest', '=', 'manifest_children.parent'),
    )
    .select('manifest_children.parent')
    .where('manifest_children.child', '=', parameter('digest'))
    .where('manifest_children.repository_id', '=', parameter('repository'))
    .where('manifests.deletion', 'is', null)
    .limit(1),
)

/** A visible index of the repository that lists this digest. */
export async function findIndexOf(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<Digest | undefined> {
  const [row] = await indexOf(executor, { repository, digest })
  return row?.parent
}

export interface ReferrerQuery {
  readonly name: RepositoryName
  readonly subject: Digest
  /** Only these; empty: all. */
  readonly artifactTypes: readonly string[]
  /** Only digests after this one, in byte order. */
  readonly after: string
  readonly limit: number
}

type ReferrerPage = Omit<ReferrerQuery, 'artifactTypes'>

interface ReferrerRow {
  digest: Digest
  media_type: MediaType
  size: number
  artifact_type: string | null
  annotations: string | null
  created_at: number
}

/** A page of a thousand is read in many pieces: without types, which are seldom asked for, the query is built once. */
const allReferrers = prepare<ReferrerPage, ReferrerRow>((db, parameter) =>
  selectReferrers(db, {
    name: parameter('name'),
    subject: parameter('subject'),
    after: parameter('after'),
    limit: parameter('limit'),
  }),
)

function selectReferrers(db: Kysely<Schema>, { name, subject, after, limit }: ReferrerPage) {
  return db
    .selectFrom('repositories')
    .innerJoin('manifests', 'manifests.repository_id', 'repositories.id')
    .select([
      'manifests.digest',
      'manifests.media_type',
      'manifests.size',
      'manifests.artifact_type',
      'manifests.annotations',
      'manifests.created_at',
    ])
    .where('repositories.name', '=', name)
    .where('manifests.subject', '=', subject)
    .where('manifests.deletion', 'is', null)
    .where('manifests.digest', '>', after as Digest)
    .orderBy('manifests.digest')
    .limit(limit)
}

export async function listReferrerRecords(executor: Executor, query: ReferrerQuery): Promise<ReferrerRecord[]> {
  const { artifactTypes, ...page } = query
  const rows =
    artifactTypes.length === 0
      ? await allReferrers(executor, page)
      : await selectReferrers(executor.db, page).where('manifests.artifact_type', 'in', artifactTypes).execute()
  return rows.map((row) => ({
    digest: row.digest,
    mediaType: row.media_type,
    sizeBytes: row.size,
    artifactType: row.artifact_type ?? undefined,
    annotations: row.annotations === null ? undefined : JSON.parse(row.annotations),
    pushedAt: new Date(row.created_at),
  }))
}

function toHead(row: HeadRow): ManifestHead {
  return {
    digest: row.digest,
    mediaType: row.media_type,
    sizeBytes: row.size,
    repositoryId: row.repository_id,
    looseSince: row.review_at === null ? undefined : row.created_at,
  }
}
