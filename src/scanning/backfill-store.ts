import type { Executor, Transaction } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { readManifestContent } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseManifest } from '../oci/manifest.ts'
import { DOCKER_MANIFEST, OCI_MANIFEST } from '../oci/media-type.ts'
import { isImage } from '../oci/runnable.ts'
import { ANALYZER_VERSION } from '../inventory/layer-inventory.ts'
import { enqueue } from './queue-store.ts'

/** How far a walk over all manifests has come. */
export interface Spot {
  readonly repository: RepositoryId
  readonly digest: string
}

/** Types of manifests that may be of an image: what their configurations are called says little. */
const MAYBE_IMAGES = [OCI_MANIFEST, DOCKER_MANIFEST]

/**
 * Has images looked into that nobody looked into yet, or by older analyzers: the next page of all manifests. Returns
 * where it ended; undefined: those were the last.
 */
export async function enqueuePage(
  tx: Transaction,
  after: Spot,
  { limit, now }: { readonly limit: number; readonly now: Date },
): Promise<Spot | undefined> {
  const page = await imagesAfter(tx, after, limit)
  const known = await currentOf(
    tx,
    page.map(({ digest }) => digest),
  )
  for (const { repository_id: repository, digest } of page) {
    if (known.has(digest)) continue
    const content = await readManifestContent(tx, repository, digest)
    if (content !== undefined && mayBeImage(content)) await enqueue(tx, digest, now)
  }
  const last = page.at(-1)
  return page.length < limit || last === undefined ? undefined : { repository: last.repository_id, digest: last.digest }
}

/** What is damaged here may be whole in another repository. */
function mayBeImage(content: Uint8Array): boolean {
  try {
    return isImage(parseManifest(content, undefined))
  } catch (error) {
    if (error instanceof OciError) return true
    throw error
  }
}

async function imagesAfter(
  executor: Executor,
  after: Spot,
  limit: number,
): Promise<{ repository_id: number; digest: Digest }[]> {
  return executor.db
    .selectFrom('manifests')
    .select(['repository_id', 'digest'])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('repository_id', 'digest'), '>', tuple(after.repository, after.digest as Digest)),
    )
    .where('deletion', 'is', null)
    .where('media_type', 'in', MAYBE_IMAGES)
    .orderBy('repository_id')
    .orderBy('digest')
    .limit(limit)
    .execute()
}

async function currentOf(executor: Executor, digests: readonly Digest[]): Promise<ReadonlySet<Digest>> {
  if (digests.length === 0) return new Set()
  const rows = await executor.db
    .selectFrom('images')
    .select('digest')
    .where('digest', 'in', digests)
    .where('analyzer', '=', ANALYZER_VERSION)
    .execute()
  return new Set(rows.map(({ digest }) => digest))
}
