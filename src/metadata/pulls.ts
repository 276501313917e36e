import { sql } from 'kysely'
import type { Database, Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

export interface Pull {
  readonly repositoryId: RepositoryId
  /** A tag or a digest. */
  readonly reference: string
  readonly at: Date
}

const upsert = prepare<{ repository: RepositoryId; reference: string; at: number }, never>((db, parameter) =>
  db
    .insertInto('pulls')
    .columns(['repository_id', 'reference', 'pulled_at'])
    .expression((query) =>
      query
        .selectFrom('repositories')
        .select([
          'id as repository_id',
          sql<string>`cast(${parameter('reference')} as text)`.as('reference'),
          sql<number>`cast(${parameter('at')} as bigint)`.as('pulled_at'),
        ])
        .where('id', '=', parameter('repository')),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['repository_id', 'reference'])
        .doUpdateSet((update) => ({ pulled_at: update.ref('excluded.pulled_at') })),
    ),
)

const BATCH = 200

/** Nothing that a pull decides on is changed, so no cache has to notice. A repository may be gone meanwhile. */
export async function notePulls(database: Database, pulls: readonly Pull[]): Promise<void> {
  for (let start = 0; start < pulls.length; start += BATCH)
    await database.writeQuietly(async (tx) => {
      for (const { repositoryId, reference, at } of pulls.slice(start, start + BATCH))
        await upsert(tx, { repository: repositoryId, reference, at: at.getTime() })
    })
}

const find = prepare<{ repository: RepositoryId; reference: string }, { pulled_at: number }>((db, parameter) =>
  db
    .selectFrom('pulls')
    .select('pulled_at')
    .where('repository_id', '=', parameter('repository'))
    .where('reference', '=', parameter('reference')),
)

/** When something was last pulled, in milliseconds since 1970; undefined: never, or nobody remembers. */
export async function lastPulled(
  executor: Executor,
  repository: RepositoryId,
  reference: string,
): Promise<number | undefined> {
  const [row] = await find(executor, { repository, reference })
  return row?.pulled_at
}

/** Forgets pulls of tags that are not there any more and were not pulled since. Returns how many; ask again while it is `limit`. */
export async function removeOldPulls(tx: Transaction, before: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('pulls')
    .where(
      sql<boolean>`(repository_id, reference) in (
        select repository_id, reference from pulls
        where pulled_at < ${before.getTime()}
        and not exists (
          select 1 from tags where tags.repository_id = pulls.repository_id and tags.name = pulls.reference)
        and not exists (
          select 1 from manifests
          where manifests.repository_id = pulls.repository_id and manifests.digest = pulls.reference)
        limit ${limit})`,
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}
