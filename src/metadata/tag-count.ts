import type { Executor } from './db.ts'
import type { RepositoryId } from './repositories.ts'

export async function countTags(executor: Executor, repository: RepositoryId): Promise<number> {
  const { tags } = await executor.db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll<number>().as('tags'))
    .where('repository_id', '=', repository)
    .executeTakeFirstOrThrow()
  return tags
}
