import type { Executor } from '../metadata/db.ts'

/** Ids of projects that have a rule which is not off. */
export async function projectsWithRules(executor: Executor): Promise<number[]> {
  const rows = await executor.db
    .selectFrom('policy_rules')
    .select('project_id')
    .distinct()
    .where('mode', '!=', 'off')
    .orderBy('project_id')
    .execute()
  return rows.map((row) => row.project_id)
}
