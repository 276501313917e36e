import { sql } from 'kysely'
import type { Executor } from '../metadata/db.ts'
import type { Schema } from '../metadata/schema.ts'

const PAGE = 200

export type ManifestRow = Pick<Schema['manifests'], 'repository_id' | 'digest' | 'media_type' | 'content'> & {
  repository: string
  /** In the recycle bin: what it needs is stored, and need not be in its repository. */
  deletion: number | null
}

/** Every manifest with its content, a page at a time. */
export async function* allManifests(executor: Executor): AsyncGenerator<ManifestRow> {
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
        'manifests.deletion',
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

export interface DanglingTag {
  readonly repository: string
  readonly name: string
  readonly digest: string
}

/** Tags whose manifest is not in their repository; the database's own keys should make that impossible. */
export async function danglingTags(executor: Executor): Promise<DanglingTag[]> {
  return executor.db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .leftJoin('manifests', (join) =>
      join.onRef('manifests.repository_id', '=', 'tags.repository_id').onRef('manifests.digest', '=', 'tags.digest'),
    )
    .select(['repositories.name as repository', 'tags.name', 'tags.digest'])
    .where('manifests.digest', 'is', null)
    .execute()
}

export async function countTags(executor: Executor): Promise<number> {
  const { tags } = await executor.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .executeTakeFirstOrThrow()
  return tags
}

/** Whether a stored object belongs to a blob. */
export async function isStorageKeyUsed(executor: Executor, key: string): Promise<boolean> {
  const row = await executor.db.selectFrom('blobs').select('digest').where('storage_key', '=', key).executeTakeFirst()
  return row !== undefined
}
