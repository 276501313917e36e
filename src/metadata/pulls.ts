import type { Database, Executor } from './db.ts'
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
        .select(({ val }) => [
          'id as repository_id',
          val(parameter('reference')).as('reference'),
          val(parameter('at')).as('pulled_at'),
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
