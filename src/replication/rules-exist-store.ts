import type { Executor } from '../metadata/db.ts'

export async function hasRules(executor: Executor): Promise<boolean> {
  return (await executor.db.selectFrom('replication_rules').select('id').limit(1).executeTakeFirst()) !== undefined
}
