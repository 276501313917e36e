import type { Executor, Transaction } from '../metadata/db.ts'
import type { Counts } from './store.ts'

export interface UsageSample extends Counts {
  /** `2026-01-31`, UTC. */
  readonly day: string
}

/** The last look of a day is the one that stays. A project that was removed meanwhile has no history. */
export async function saveUsage(tx: Transaction, project: number, { day, ...counts }: UsageSample): Promise<void> {
  const isThere = await tx.db.selectFrom('projects').select('id').where('id', '=', project).executeTakeFirst()
  if (isThere === undefined) return
  await tx.db
    .insertInto('usage_samples')
    .values({ project_id: project, day, ...counts })
    .onConflict((conflict) => conflict.columns(['project_id', 'day']).doUpdateSet(counts))
    .execute()
}

/** Of these days, oldest first. */
export async function listUsage(
  { db }: Executor,
  project: number,
  { since, limit }: { readonly since: string; readonly limit: number },
): Promise<UsageSample[]> {
  return db
    .selectFrom('usage_samples')
    .select(['day', 'bytes', 'repositories', 'tags'])
    .where('project_id', '=', project)
    .where('day', '>=', since)
    .orderBy('day')
    .limit(limit)
    .execute()
}

export async function forgetUsage(tx: Transaction, before: string): Promise<void> {
  await tx.db.deleteFrom('usage_samples').where('day', '<', before).execute()
}
