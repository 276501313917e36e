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
  await tx.db.deleteFrom('registry_samples').where('day', '<', before).execute()
}

/** Of the whole registry. */
export interface RegistrySample {
  readonly day: string
  readonly storedBytes: number
  readonly logicalBytes: number
  readonly repositories: number
  readonly tags: number
}

export async function saveRegistryUsage(tx: Transaction, sample: RegistrySample): Promise<void> {
  const { day, storedBytes, logicalBytes, ...counts } = sample
  const row = { ...counts, stored_bytes: storedBytes, logical_bytes: logicalBytes }
  await tx.db
    .insertInto('registry_samples')
    .values({ day, ...row })
    .onConflict((conflict) => conflict.column('day').doUpdateSet(row))
    .execute()
}

/** Oldest first. */
export async function listRegistryUsage({ db }: Executor, since: string, limit: number): Promise<RegistrySample[]> {
  return db
    .selectFrom('registry_samples')
    .select(['day', 'stored_bytes as storedBytes', 'logical_bytes as logicalBytes', 'repositories', 'tags'])
    .where('day', '>=', since)
    .orderBy('day')
    .limit(limit)
    .execute()
}
