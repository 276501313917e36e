import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { RetentionBody } from '../metadata/untagged-rules.ts'
import type { RepositoryName } from '../oci/name.ts'
import { parseTagSelector } from '../registry/tag-selector.ts'
import type { TagState } from './evaluate.ts'
import type { Rule } from './rule.ts'

/** A rule with where it came from. */
export interface StoredRule extends Rule {
  readonly createdBy: string
  readonly createdAt: Date
}

/** The rules of a project, oldest first. */
export async function listRules(executor: Executor, projectId: number): Promise<StoredRule[]> {
  const rows = await executor.db
    .selectFrom('retention_rules')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('id')
    .execute()
  const rules: StoredRule[] = []
  for (const { id, repositories, tags, body, created_by, created_at } of rows) {
    const { keep, untaggedMs } = JSON.parse(body) as RetentionBody
    const selector = tags === '' ? undefined : await parseTagSelector(tags)
    const origin = { createdBy: created_by, createdAt: new Date(created_at) }
    rules.push({ id, repositories, tags: selector, keep, untaggedMs, ...origin })
  }
  return rules
}

export async function insertRule(
  tx: Transaction,
  rule: Rule & { readonly projectId: number; readonly createdBy: string; readonly now: Date },
): Promise<number> {
  const body: RetentionBody = { keep: rule.keep, untaggedMs: rule.untaggedMs }
  const { id } = await tx.db
    .insertInto('retention_rules')
    .values({
      project_id: rule.projectId,
      repositories: rule.repositories,
      tags: rule.tags?.text ?? '',
      body: JSON.stringify(body),
      created_by: rule.createdBy,
      created_at: rule.now.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function deleteRule(tx: Transaction, projectId: number, id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('retention_rules')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Ids of projects that have rules about tags. */
export async function projectsWithRules(executor: Executor): Promise<number[]> {
  const rows = await executor.db
    .selectFrom('retention_rules')
    .select('project_id')
    .distinct()
    .where('tags', '!=', '')
    .orderBy('project_id')
    .execute()
  return rows.map((row) => row.project_id)
}

export interface RepositoryRow {
  readonly id: RepositoryId
  readonly name: RepositoryName
}

/** Repositories named like a project or below it, after a name; some may belong to a longer project. */
export async function repositoriesBelow(
  executor: Executor,
  project: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<RepositoryRow[]> {
  return executor.db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where('deleted_at', 'is', null)
    .where('name', '>', after as RepositoryName)
    .where(({ eb, and, or }) =>
      or([
        eb('name', '=', project as RepositoryName),
        and([eb('name', '>', `${project}/` as RepositoryName), eb('name', '<', `${project}0` as RepositoryName)]),
      ]),
    )
    .orderBy('name')
    .limit(limit)
    .execute()
}

const tagPage = prepare<{ repository: RepositoryId; after: string; limit: number }, TagState>((db, parameter) =>
  db
    .selectFrom('tags')
    .leftJoin('pulls', (join) =>
      join.onRef('pulls.repository_id', '=', 'tags.repository_id').onRef('pulls.reference', '=', 'tags.name'),
    )
    .select(['tags.name as tag', 'tags.digest', 'tags.updated_at as pushedAt', 'pulls.pulled_at as pulledAt'])
    .where('tags.repository_id', '=', parameter('repository'))
    .where('tags.name', '>', parameter('after') as never)
    .orderBy('tags.name')
    .limit(parameter('limit')),
)

/** Tags after a name in byte order, with when they were pushed and pulled. */
export function tagStates(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly after: string; readonly limit: number },
): Promise<TagState[]> {
  return tagPage(executor, { repository, ...page })
}
