import { sql } from 'kysely'
import type { Executor } from '../metadata/db.ts'
import { createHasher } from '../lib/hasher.ts'
import { algorithmOf, type Digest } from '../oci/digest.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { Schema } from '../metadata/schema.ts'

const PAGE = 200

/** Every manifest's bytes hash to its digest and all that it needs is in its repository; every tag names a manifest. */
export async function checkRows(
  executor: Executor,
  problem: (text: string) => void,
): Promise<{ manifests: number; tags: number }> {
  let manifests = 0
  for await (const manifest of allManifests(executor)) {
    manifests++
    const at = `manifest ${manifest.repository}@${manifest.digest}`
    const actual = hashOf(manifest)
    if (actual !== manifest.digest) problem(`${at}: its bytes have changed, they are ${actual} now; push it again`)
    else
      for (const missing of await missingContent(executor, manifest))
        problem(`${at}: ${missing} is not in its repository`)
  }
  const dangling = await executor.db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .leftJoin('manifests', (join) =>
      join.onRef('manifests.repository_id', '=', 'tags.repository_id').onRef('manifests.digest', '=', 'tags.digest'),
    )
    .select(['repositories.name as repository', 'tags.name', 'tags.digest'])
    .where('manifests.digest', 'is', null)
    .execute()
  for (const tag of dangling) problem(`tag ${tag.repository}:${tag.name} names ${tag.digest}, which is not there`)
  const { tags } = await executor.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .executeTakeFirstOrThrow()
  return { manifests, tags }
}

type ManifestRow = Pick<Schema['manifests'], 'repository_id' | 'digest' | 'media_type' | 'content'> & {
  repository: string
}

async function* allManifests(executor: Executor): AsyncGenerator<ManifestRow> {
  let last: ManifestRow | undefined
  for (;;) {
    const page: ManifestRow[] = await executor.db
      .selectFrom('manifests')
      .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
      .select([
        'manifests.repository_id',
        'manifests.digest',
        'media_type',
        'content',
        'repositories.name as repository',
      ])
      .where(
        sql<boolean>`(manifests.repository_id, manifests.digest) > (${last?.repository_id ?? 0}, ${last?.digest ?? ''})`,
      )
      .orderBy('manifests.repository_id')
      .orderBy('manifests.digest')
      .limit(PAGE)
      .execute()
    yield* page
    last = page.at(-1)
    if (page.length < PAGE) return
  }
}

function hashOf({ digest, content }: ManifestRow): string {
  const algorithm = algorithmOf(digest)
  const hasher = createHasher(algorithm)
  hasher.update(content)
  return `${algorithm}:${hasher.hex()}`
}

/** Children of an index may be left out where sparse indexes are allowed, so only what is entered as a reference counts. */
async function missingContent(executor: Executor, row: ManifestRow): Promise<string[]> {
  const missing: string[] = []
  for (const blob of parseManifest(row.content, row.media_type).blobs) {
    if (isNonDistributable(blob.mediaType)) continue
    const linked = await executor.db
      .selectFrom('repository_blobs')
      .select('digest')
      .where('repository_id', '=', row.repository_id)
      .where('digest', '=', blob.digest as Digest)
      .executeTakeFirst()
    if (linked === undefined) missing.push(blob.digest)
  }
  return missing
}
