import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

/** What answers a HEAD: enough to find the content in a cache. */
export interface ManifestHead {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly sizeBytes: number
  readonly repositoryId: RepositoryId
}

/** What a referrers list says of a manifest. */
export interface ReferrerRecord {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly sizeBytes: number
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

interface HeadRow {
  digest: Digest
  media_type: MediaType
  size: number
  repository_id: number
}

const headByTag = prepare<{ name: RepositoryName; tag: Tag }, HeadRow>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('tags', 'tags.repository_id', 'repositories.id')
    .innerJoin('manifests', (join) =>
      join.onRef('manifests.repository_id', '=', 'tags.repository_id').onRef('manifests.digest', '=', 'tags.digest'),
    )
    .select(['manifests.digest', 'manifests.media_type', 'manifests.size', 'manifests.repository_id'])
    .where('repositories.name', '=', parameter('name'))
    .where('tags.name', '=', parameter('tag')),
)

const headByDigest = prepare<{ name: RepositoryName; digest: Digest }, HeadRow>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('manifests', 'manifests.repository_id', 'repositories.id')
    .select(['manifests.digest', 'manifests.media_type', 'manifests.size', 'manifests.repository_id'])
    .where('repositories.name', '=', parameter('name'))
    .where('manifests.digest', '=', parameter('digest')),
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
    .where('digest', '=', parameter('digest')),
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
    })
    .onConflict((conflict) => conflict.columns(['repository_id', 'digest']).doNothing())
    .returning('digest'),
)

/** Adds a manifest with what it refers to. A digest that is there already stays as it is. */
export async function addManifest(
  tx: Transaction,
  { repositoryId, digest, manifest, content, now }: NewManifest,
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
  })
  if (added.length === 0) return
  const blobs = [...new Set(manifest.blobs.map((blob) => blob.digest as Digest))]
  for (const blob of blobs) await addBlobReference(tx, { repository: repositoryId, manifest: digest, digest: blob })
  const children = [...new Set(manifest.children.map((child) => child.digest as Digest))]
  for (const child of children) await addChildReference(tx, { repository: repositoryId, parent: digest, child })
}

const addBlobReference = prepare<{ repository: RepositoryId; manifest: Digest; digest: Digest }, never>(
  (db, parameter) =>
    db.insertInto('manifest_blobs').values({
      repository_id: parameter('repository'),
      manifest: parameter('manifest'),
      digest: parameter('digest'),
    }),
)

const addChildReference = prepare<{ repository: RepositoryId; parent: Digest; child: Digest }, never>((db, parameter) =>
  db.insertInto('manifest_children').values({
    repository_id: parameter('repository'),
    parent: parameter('parent'),
    child: parameter('child'),
  }),
)

/** Removes a manifest and every tag on it. Returns whether it was there. */
export async function removeManifest(tx: Transaction, repository: RepositoryId, digest: Digest): Promise<boolean> {
  await tx.db.deleteFrom('tags').where('repository_id', '=', repository).where('digest', '=', digest).execute()
  const { numDeletedRows } = await tx.db
    .deleteFrom('manifests')
    .where('repository_id', '=', repository)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** A manifest of the repository that has this blob as config or layer. */
export async function findBlobUser(
  executor: Executor,
  repository: RepositoryId,
  blob: Digest,
): Promise<Digest | undefined> {
  const row = await executor.db
    .selectFrom('manifest_blobs')
    .select('manifest')
    .where('digest', '=', blob)
    .where('repository_id', '=', repository)
    .limit(1)
    .executeTakeFirst()
  return row?.manifest
}

/** An index of the repository that lists this digest. */
export async function findIndexOf(
  executor: Executor,
  repository: RepositoryId,
  child: Digest,
): Promise<Digest | undefined> {
  const row = await executor.db
    .selectFrom('manifest_children')
    .select('parent')
    .where('repository_id', '=', repository)
    .where('child', '=', child)
    .limit(1)
    .executeTakeFirst()
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

export async function listReferrerRecords(executor: Executor, query: ReferrerQuery): Promise<ReferrerRecord[]> {
  const rows = await executor.db
    .selectFrom('repositories')
    .innerJoin('manifests', 'manifests.repository_id', 'repositories.id')
    .select([
      'manifests.digest',
      'manifests.media_type',
      'manifests.size',
      'manifests.artifact_type',
      'manifests.annotations',
    ])
    .where('repositories.name', '=', query.name)
    .where('manifests.subject', '=', query.subject)
    .where('manifests.digest', '>', query.after as Digest)
    .$if(query.artifactTypes.length > 0, (builder) =>
      builder.where('manifests.artifact_type', 'in', query.artifactTypes),
    )
    .orderBy('manifests.digest')
    .limit(query.limit)
    .execute()
  return rows.map((row) => ({
    digest: row.digest,
    mediaType: row.media_type,
    sizeBytes: row.size,
    artifactType: row.artifact_type ?? undefined,
    annotations: row.annotations === null ? undefined : JSON.parse(row.annotations),
  }))
}

function toHead(row: HeadRow): ManifestHead {
  return { digest: row.digest, mediaType: row.media_type, sizeBytes: row.size, repositoryId: row.repository_id }
}
