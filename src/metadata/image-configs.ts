import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { Executor } from './db.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'

/** Larger ones are no images that a person made. */
const MAX_MANIFEST_BYTES = 64 * 1024

interface Asked {
  repository: RepositoryId
  digests: string
}

export interface StoredContent {
  readonly digest: Digest
  readonly content: Uint8Array
}

export interface StoredManifest extends StoredContent {
  readonly mediaType: MediaType
}

const manifests = prepareText<Asked, StoredManifest>(
  (parameter) => sql`
    select m.digest, m.content, m.media_type as "mediaType"
    from json_each(${parameter('digests')}) asked
    cross join manifests m on m.repository_id = ${parameter('repository')} and m.digest = asked.value
    where m.size <= ${sql.lit(MAX_MANIFEST_BYTES)}`,
)

const smallBlobs = prepareText<Asked, StoredContent>(
  (parameter) => sql`
    select s.digest, s.content
    from json_each(${parameter('digests')}) asked
    cross join repository_blobs rb on rb.repository_id = ${parameter('repository')} and rb.digest = asked.value
    cross join small_blobs s on s.digest = rb.digest`,
)

/** Those of the digests that are manifests of the repository, unless they are very large. */
export function readManifests(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly Digest[],
): Promise<StoredManifest[]> {
  return manifests(executor, { repository, digests: JSON.stringify(digests) })
}

/** Those of the digests that are blobs of the repository and lie in rows, as configurations mostly do. */
export function readSmallBlobs(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly string[],
): Promise<StoredContent[]> {
  return smallBlobs(executor, { repository, digests: JSON.stringify(digests) })
}
