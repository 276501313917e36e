import type { Actor } from '../lib/actor.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import { releaseManifest } from './releases.ts'
import type { RepositoryId } from './repositories.ts'
import { addTagEvent } from './tag-events.ts'
import { removeTagExpiry } from './tag-expiry.ts'

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
    .selectFrom('tags')
    .select('name')
    // Not by a join: PostgreSQL would guess how many tags a repository has, and read all of a large one for a page of it.
    .where('repository_id', '=', ({ selectFrom }) =>
      selectFrom('repositories').select('id').where('repositories.name', '=', parameter('name')),
    )
    .where('name', '>', parameter('after') as Tag)
    .orderBy('name')
    .limit(parameter('limit')),
)

/** Who moved a tag, and why. */
export interface TagMover {
  readonly actor: Actor
  /** For people; empty: a push. */
  readonly reason: string
  /** The deletion that takes it along. */
  readonly deletion?: number
}

export interface NewTag {
  readonly repositoryId: RepositoryId
  readonly tag: Tag
  readonly digest: Digest
  /** What it names now. */
  readonly previous: Digest | undefined
  readonly by: TagMover
  readonly now: Date
  /** When the collector looks at what lost the tag. */
  readonly reviewAt: Date
}

/** Creates or moves a tag; the expiry date of one that moves is void. The manifest must be in the same repository, or the transaction fails. */
export async function setTag(tx: Transaction, change: NewTag): Promise<void> {
  const { repositoryId, tag, digest, previous, now, reviewAt } = change
  await upsert(tx, { repository: repositoryId, tag, digest, now: now.getTime() })
  if (previous === digest) return
  await addTagEvent(tx, change)
  if (previous === undefined) return
  await removeTagExpiry(tx, { repository: repositoryId, tag })
  await releaseManifest(tx, { repositoryId, digest: previous, now, reviewAt })
}

const remove = prepare<{ repository: RepositoryId; tag: Tag }, { digest: Digest }>((db, parameter) =>
  db
    .deleteFrom('tags')
    .where('repository_id', '=', parameter('repository'))
    .where('name', '=', parameter('tag'))
    .returning('digest'),
)

/** Returns what the tag named; undefined: it was not there. */
export async function removeTag(
  tx: Transaction,
  change: Omit<NewTag, 'digest' | 'previous'>,
): Promise<Digest | undefined> {
  const { repositoryId, tag, now, reviewAt } = change
  const [removed] = await remove(tx, { repository: repositoryId, tag })
  if (removed === undefined) return undefined
  await removeTagExpiry(tx, { repository: repositoryId, tag })
  await addTagEvent(tx, { ...change, digest: undefined, previous: removed.digest })
  await releaseManifest(tx, { repositoryId, digest: removed.digest, now, reviewAt })
  return removed.digest
}

const onDigest = prepare<{ repository: RepositoryId; digest: Digest }, { name: Tag }>((db, parameter) =>
  db
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

export async function tagsOn(executor: Executor, repository: RepositoryId, digest: Digest): Promise<Tag[]> {
  return (await onDigest(executor, { repository, digest })).map((row) => row.name)
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
