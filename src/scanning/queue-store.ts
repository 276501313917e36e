import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { Digest } from '../oci/digest.ts'

/** An image that waits to be looked into. */
export interface Waiting {
  readonly digest: Digest
  readonly attempts: number
  /** In milliseconds since 1970. */
  readonly dueAt: number
}

const add = prepare<{ digest: Digest; now: number }, never>((db, parameter) =>
  db
    .insertInto('scan_queue')
    .values({
      digest: parameter('digest'),
      due_at: parameter('now'),
      problem: null,
    })
    .onConflict((conflict) => conflict.doNothing()),
)

const due = prepare<{ now: number; limit: number }, Waiting>((db, parameter) =>
  db
    .selectFrom('scan_queue')
    .select(['digest', 'attempts', 'due_at as dueAt'])
    .where('due_at', '<=', parameter('now'))
    .orderBy('due_at')
    .limit(parameter('limit')),
)

export async function enqueue(tx: Transaction, digest: Digest, now: Date): Promise<void> {
  await add(tx, { digest, now: now.getTime() })
}

/** What could not be looked into for `problem`, or is being looked into right now, can be now; what nobody knows of is noted. */
export async function enqueueAgain(
  tx: Transaction,
  digest: Digest,
  { now, problem }: { readonly now: Date; readonly problem: string },
): Promise<void> {
  await enqueue(tx, digest, now)
  await tx.db
    .updateTable('scan_queue')
    .set({ attempts: 0, due_at: now.getTime(), problem: null })
    .where('digest', '=', digest)
    .where(({ or, eb }) => or([eb('problem', '=', problem), eb('problem', 'is', null)]))
    .execute()
}

/** Those that waited longest. */
export function findDue(executor: Executor, now: Date, limit: number): Promise<Waiting[]> {
  return due(executor, { now: now.getTime(), limit })
}

export async function removeWaiting(tx: Transaction, digest: Digest): Promise<void> {
  await tx.db.deleteFrom('scan_queue').where('digest', '=', digest).execute()
}

/** It could not be looked into; it is tried again then, unless somebody wants it earlier meanwhile. */
export async function postpone(
  tx: Transaction,
  { digest, attempts, dueAt }: Waiting,
  until: Date,
  problem: string,
): Promise<void> {
  await tx.db
    .updateTable('scan_queue')
    .set({ attempts: attempts + 1, due_at: until.getTime(), problem })
    .where('digest', '=', digest)
    .where('due_at', '=', dueAt)
    .execute()
}

/** Why it is not known yet; undefined: it does not wait. */
export async function findWaiting(
  executor: Executor,
  digest: Digest,
): Promise<{ readonly problem: string | undefined } | undefined> {
  const row = await executor.db
    .selectFrom('scan_queue')
    .select('problem')
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row && { problem: row.problem ?? undefined }
}

export async function countWaiting(executor: Executor): Promise<number> {
  const { waiting } = await executor.db
    .selectFrom('scan_queue')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow()
  return Number(waiting)
}
