import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'

/** What a job remembers between its runs. Undefined: it never ran. */
export async function readJobState(executor: Executor, name: string): Promise<unknown> {
  const row = await executor.db.selectFrom('job_state').select('state').where('name', '=', name).executeTakeFirst()
  return row && JSON.parse(row.state)
}

export async function writeJobState(tx: Transaction, name: string, state: unknown, now: Date): Promise<void> {
  const row = { state: JSON.stringify(state), updated_at: now.getTime() }
  await tx.db
    .insertInto('job_state')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute()
}

interface NamedState {
  readonly name: string
  readonly state: unknown
  readonly updatedAt: Date
}

const list = prepare<{ from: string; to: string }, { name: string; state: string; updated_at: number }>(
  (db, parameter) =>
    db
      .selectFrom('job_state')
      .select(['name', 'state', 'updated_at'])
      .where('name', '>=', parameter('from'))
      .where('name', '<', parameter('to'))
      .orderBy('name'),
)

/** Those whose names begin so. */
export async function listJobStates(executor: Executor, prefix: string): Promise<NamedState[]> {
  const rows = await list(executor, { from: prefix, to: `${prefix}\u{10ffff}` })
  return rows.map(({ name, state, updated_at }) => ({
    ...{ name, state: JSON.parse(state) },
    updatedAt: new Date(updated_at),
  }))
}

/** Returns whether there was one. */
export async function removeJobState(tx: Transaction, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db.deleteFrom('job_state').where('name', '=', name).executeTakeFirst()
  return numDeletedRows > 0n
}
