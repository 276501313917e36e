import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import { inPieces } from './pieces.ts'

/** What happened and waits for its place in the chain. */
export interface Waiting {
  /** When it happened. */
  readonly at: number
  /** By `serialiseDraft`. */
  readonly draft: string
}

const insert = prepare<Waiting, never>((db, parameter) =>
  db.insertInto('audit_inbox').values({ at: parameter('at'), draft: parameter('draft') }),
)

const newest = prepare<object, { id: number }>((db) =>
  db.selectFrom('audit_inbox').select('id').orderBy('id', 'desc').limit(1),
)

/** Reads nothing, so writers beside each other never have to agree on anything. */
export async function addWaiting(tx: Transaction, waiting: Waiting): Promise<void> {
  await insert(tx, waiting)
}

export async function addAllWaiting(tx: Transaction, waiting: readonly Waiting[]): Promise<void> {
  for (const piece of inPieces(waiting)) await tx.db.insertInto('audit_inbox').values(piece).execute()
}

/** The last in order; undefined when nothing waits. */
export async function findNewestWaiting(executor: Executor): Promise<number | undefined> {
  return (await newest(executor, {}))[0]?.id
}

export async function countWaiting(executor: Executor): Promise<number> {
  const { count } = await executor.db
    .selectFrom('audit_inbox')
    .select((query) => query.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/**
 * Takes the oldest, in order. Just these go: several writers get their ids before they commit, so one that is older
 * than these may still come.
 */
export async function takeWaiting(tx: Transaction, limit: number): Promise<(Waiting & { readonly id: number })[]> {
  const taken = await tx.db
    .deleteFrom('audit_inbox')
    .where('id', 'in', (query) => query.selectFrom('audit_inbox').select('id').orderBy('id').limit(limit))
    .returning(['id', 'at', 'draft'])
    .execute()
  return taken.sort((a, b) => a.id - b.id)
}
