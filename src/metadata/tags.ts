import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

const upsert = prepare<{ repository: RepositoryId; tag: Tag; digest: Digest; now: number }, never>((db, parameter) =>
  db
    .insertInto('tags')
    .values({
      repository_id: parameter('repository'),
      name: parameter('tag'),
      digest: parameter('digest'),
      updated_at: parameter('now'),
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'name']).doUpdateSet((update) => ({
        digest: update.ref('excluded.digest'),
        updated_at: update.ref('excluded.updated_at'),
      })),
    ),
)

const listNames = prepare<{ name: RepositoryName; after: string; limit: number }, { name: Tag }>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('tags', 'tags.repository_id', 'repositories.id')
    .select('tags.name')
    .where('repositories.name', '=', parameter('name'))
    .where('tags.name', '>', parameter('after') as Tag)
    .orderBy('tags.name')
    .limit(parameter('limit')),
)

export interface NewTag {
  readonly repositoryId: RepositoryId
  readonly tag: Tag
  readonly digest: Digest
  readonly now: Date
}

/** Creates or moves a tag. The manifest must be in the same repository, or the transaction fails. */
export async function setTag(tx: Transaction, { repositoryId, tag, digest, now }: NewTag): Promise<void> {
  await upsert(tx, { repository: repositoryId, tag, digest, now: now.getTime() })
}

/** Returns whether the tag was there. */
export async function removeTag(tx: Transaction, repository: RepositoryId, tag: Tag): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('tags')
    .where('repository_id', '=', repository)
    .where('name', '=', tag)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Tags after `after` in byte order, whether or not `after` exists. */
export async function listTagNames(
  executor: Executor,
  name: RepositoryName,
  page: { readonly after: string; readonly limit: number },
): Promise<Tag[]> {
  const rows = await listNames(executor, { name, ...page })
  return rows.map((row) => row.name)
}

const find = prepare<{ repository: RepositoryId; tag: Tag }, { digest: Digest }>((db, parameter) =>
  db
    .selectFrom('tags')
    .select('digest')
    .where('repository_id', '=', parameter('repository'))
    .where('name', '=', parameter('tag')),
)

export async function findTag(executor: Executor, repository: RepositoryId, tag: Tag): Promise<Digest | undefined> {
  const [row] = await find(executor, { repository, tag })
  return row?.digest
}
