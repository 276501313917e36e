import { sql } from 'kysely'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor } from './db.ts'
import type { Deletion } from './deletions.ts'
import { nameBeforeDeletion } from './repositories.ts'

/** A deletion as lists show it. */
export interface BinEntry extends Deletion {
  /** Its name before, where the repository itself was deleted. */
  readonly repository: RepositoryName
  /** Whether that is the name of nothing now, because the repository was deleted as a whole. */
  readonly isBuried: boolean
}

export interface BinQuery {
  /** Undefined: of every repository. */
  readonly repository?: RepositoryName | undefined
  /** Everything with this name or below it. */
  readonly below?: string | undefined
  /** Only deletions that are older than this one. */
  readonly before: number | undefined
  readonly limit: number
}

/** What is in the recycle bin, newest first. */
export async function listDeletions(executor: Executor, query: BinQuery): Promise<BinEntry[]> {
  const { repository, below, before, limit } = query
  const rows = await entries(executor)
    // What was deleted within a repository that was then deleted itself comes back with it.
    .where(sql<boolean>`(repositories.deleted_at is null) = (deletions.kind <> 'repository')`)
    .where(
      sql<boolean>`(deletions.kind = 'repository' or exists (
      select 1 from manifests where manifests.deletion = deletions.id))`,
    )
    .$if(before !== undefined, (builder) => builder.where('deletions.id', '<', before ?? 0))
    .$if(repository !== undefined, (builder) => builder.where(isNamed(repository ?? '')))
    .$if(below !== undefined, (builder) =>
      builder.where(
        sql<boolean>`(${isNamed(below ?? '')} or (repositories.name > ${`${below}/`} and repositories.name < ${`${below}0`}))`,
      ),
    )
    .orderBy('deletions.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toEntry)
}

export async function findBinEntry(executor: Executor, id: number): Promise<BinEntry | undefined> {
  const row = await entries(executor).where('deletions.id', '=', id).executeTakeFirst()
  return row && toEntry(row)
}

/** How many manifests a deletion would bring back. */
export async function countManifestsIn(
  executor: Executor,
  { id, kind, repositoryId }: Pick<BinEntry, 'id' | 'kind' | 'repositoryId'>,
): Promise<number> {
  const { manifests } = await executor.db
    .selectFrom('manifests')
    .select(({ fn }) => fn.countAll<number>().as('manifests'))
    .$if(kind === 'repository', (query) =>
      query.where('repository_id', '=', repositoryId).where('deletion', 'is', null),
    )
    .$if(kind !== 'repository', (query) => query.where('deletion', '=', id))
    .executeTakeFirstOrThrow()
  return manifests
}

/** Also under the name that the repository has while it is deleted: "A" follows "@" in byte order. */
function isNamed(name: string) {
  return sql<boolean>`(repositories.name = ${name} or (repositories.name > ${`${name}@`} and repositories.name < ${`${name}A`}))`
}

function entries(executor: Executor) {
  return executor.db
    .selectFrom('deletions')
    .innerJoin('repositories', 'repositories.id', 'deletions.repository_id')
    .selectAll('deletions')
    .select(['repositories.name', 'repositories.deleted_at as buried_at'])
}

function toEntry(row: Awaited<ReturnType<ReturnType<typeof entries>['executeTakeFirstOrThrow']>>): BinEntry {
  return {
    id: row.id,
    repositoryId: row.repository_id,
    kind: row.kind,
    reason: row.reason,
    actorName: row.actor_name,
    deletedAt: new Date(row.deleted_at),
    purgeAt: new Date(row.purge_at),
    repository: nameBeforeDeletion(row.name),
    isBuried: row.buried_at !== null,
  }
}
