import type { Actor } from '../lib/actor.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

export interface NewTagEvent {
  readonly repositoryId: RepositoryId
  readonly tag: Tag
  /** Undefined: deleted. */
  readonly digest: Digest | undefined
  readonly previous: Digest | undefined
  readonly by: { readonly actor: Actor; readonly reason: string; readonly deletion?: number }
  readonly now: Date
}

const lastAt = prepare<{ repository: RepositoryId; tag: Tag }, { at: number }>((db, parameter) =>
  db
    .selectFrom('tag_events')
    .select('at')
    .where('repository_id', '=', parameter('repository'))
    .where('tag', '=', parameter('tag'))
    .orderBy('at', 'desc')
    .limit(1),
)

const insert = prepare<
  {
    repository: RepositoryId
    tag: Tag
    at: number
    digest: Digest | null
    previous: Digest | null
    actor: string
    actorName: string
    reason: string
    deletion: number | null
  },
  never
>((db, parameter) =>
  db.insertInto('tag_events').values({
    repository_id: parameter('repository'),
    tag: parameter('tag'),
    at: parameter('at'),
    digest: parameter('digest'),
    previous: parameter('previous'),
    actor: parameter('actor'),
    actor_name: parameter('actorName'),
    reason: parameter('reason'),
    deletion: parameter('deletion'),
  }),
)

/** Every move has a moment of its own, also when the clock stands still or goes back. */
export async function addTagEvent(tx: Transaction, event: NewTagEvent): Promise<void> {
  const { repositoryId: repository, tag, by } = event
  const [last] = await lastAt(tx, { repository, tag })
  await insert(tx, {
    repository,
    tag,
    at: Math.max(event.now.getTime(), (last?.at ?? 0) + 1),
    digest: event.digest ?? null,
    previous: event.previous ?? null,
    actor: by.actor.id,
    actorName: by.actor.name,
    reason: by.reason,
    deletion: by.deletion ?? null,
  })
}

const asOf = prepare<{ repository: RepositoryId; tag: Tag; at: number }, { digest: Digest | null; at: number }>(
  (db, parameter) =>
    db
      .selectFrom('tag_events')
      .select(['digest', 'at'])
      .where('repository_id', '=', parameter('repository'))
      .where('tag', '=', parameter('tag'))
      .where('at', '<=', parameter('at'))
      .orderBy('at', 'desc')
      .limit(1),
)

/** What a tag named at a moment; undefined: it was not there then, or nobody remembers. */
export async function digestAsOf(
  executor: Executor,
  repository: RepositoryId,
  { tag, at }: { readonly tag: Tag; readonly at: Date },
): Promise<Digest | undefined> {
  const [row] = await asOf(executor, { repository, tag, at: at.getTime() })
  return row?.digest ?? undefined
}
