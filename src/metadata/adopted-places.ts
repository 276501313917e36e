import type { Transaction } from './db.ts'

/** A place that is adopted, and all of which is known. */
export async function enterAdoptedPlace(tx: Transaction, name: string, now: Date): Promise<void> {
  const at = now.getTime()
  await tx.db
    .insertInto('adopted_places')
    .values({ name, round: 1, state: 'done', started_at: at, ended_at: at, problem: null })
    .execute()
}
