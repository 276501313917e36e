import { sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryName } from '../oci/name.ts'

/** Something that changed here, and that a rule has to look at. */
export interface QueuedChange {
  readonly repository: RepositoryName
  /** A tag; a digest, when something about that image came or went; `*`, the whole repository. */
  readonly reference: string
  /** Another one after each change. */
  readonly seq: number
  readonly attempts: number
}

export const WHOLE_REPOSITORY = '*'

const put = prepare<{ rule: number; repository: RepositoryName; reference: string; now: number }, never>(
  (db, parameter) =>
    db
      .insertInto('replication_queue')
      .values({
        rule_id: parameter('rule'),
        repository: parameter('repository'),
        reference: parameter('reference'),
        seq: parameter('now'),
        attempts: 0,
        next_at: parameter('now'),
      })
      .onConflict((conflict) =>
        conflict.columns(['rule_id', 'repository', 'reference']).doUpdateSet((update) => ({
          seq: sql<number>`replication_queue.seq + 1`,
          attempts: 0,
          next_at: update.ref('excluded.next_at'),
        })),
      ),
)

export async function enqueue(
  tx: Transaction,
  rule: number,
  { repository, reference }: Pick<QueuedChange, 'repository' | 'reference'>,
  now: Date,
): Promise<void> {
  await put(tx, { rule, repository, reference, now: now.getTime() })
}

/** Those whose time has come, first come first. */
export async function dueChanges(executor: Executor, rule: number, now: Date, limit: number): Promise<QueuedChange[]> {
  return executor.db
    .selectFrom('replication_queue')
    .select(['repository', 'reference', 'seq', 'attempts'])
    .where('rule_id', '=', rule)
    .where('next_at', '<=', now.getTime())
    .orderBy('next_at')
    .orderBy('repository')
    .orderBy('reference')
    .limit(limit)
    .execute()
}

/** Rules that have something to look at now. */
export async function rulesWithChanges(executor: Executor, now: Date): Promise<number[]> {
  const rows = await executor.db
    .selectFrom('replication_queue')
    .innerJoin('replication_rules as rule', 'rule.id', 'replication_queue.rule_id')
    .select('replication_queue.rule_id')
    .distinct()
    .where('replication_queue.next_at', '<=', now.getTime())
    .where('rule.enabled', '=', 1)
    .execute()
  return rows.map(({ rule_id }) => rule_id)
}

/** Whether anything waits, due or not. */
export async function countQueue(executor: Executor): Promise<number> {
  const { count } = await executor.db
    .selectFrom('replication_queue')
    .select((eb) => eb.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Unless it has changed again meanwhile. */
export async function dequeue(tx: Transaction, rule: number, change: QueuedChange): Promise<void> {
  await tx.db
    .deleteFrom('replication_queue')
    .where('rule_id', '=', rule)
    .where('repository', '=', change.repository)
    .where('reference', '=', change.reference)
    .where('seq', '=', change.seq)
    .execute()
}

/** Unless it has changed again meanwhile: then it is due at once. */
export async function postpone(tx: Transaction, rule: number, change: QueuedChange, until: Date): Promise<void> {
  await tx.db
    .updateTable('replication_queue')
    .set({ attempts: change.attempts + 1, next_at: until.getTime() })
    .where('rule_id', '=', rule)
    .where('repository', '=', change.repository)
    .where('reference', '=', change.reference)
    .where('seq', '=', change.seq)
    .execute()
}

/** Everything that waits for a rule; it is looked at by a whole run instead. */
export async function clearQueue(tx: Transaction, rule: number): Promise<void> {
  await tx.db.deleteFrom('replication_queue').where('rule_id', '=', rule).execute()
}
