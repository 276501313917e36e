import type { Executor, Transaction } from './db.ts'

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
