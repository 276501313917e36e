import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Tag } from '../oci/name.ts'

/** Tags that are set once, and then neither moved nor deleted. */
export interface ImmutabilityRule {
  readonly id: number
  /** Pattern of names below the project; empty: all. */
  readonly repositories: string
  /** A tag selector. */
  readonly tags: string
  readonly createdAt: Date
}

const findRules = prepare<{ project: number }, { id: number; repositories: string; tags: string; created_at: number }>(
  (db, parameter) =>
    db
      .selectFrom('immutability_rules')
      .select(['id', 'repositories', 'tags', 'created_at'])
      .where('project_id', '=', parameter('project'))
      .orderBy('id'),
)

export async function listRules(executor: Executor, projectId: number): Promise<ImmutabilityRule[]> {
  const rows = await findRules(executor, { project: projectId })
  return rows.map(({ id, repositories, tags, created_at }) => ({
    ...{ id, repositories, tags },
    createdAt: new Date(created_at),
  }))
}

export interface NewRule {
  readonly projectId: number
  readonly repositories: string
  readonly tags: string
  /** Id of an actor. */
  readonly createdBy: string
  readonly createdAt: Date
}

export async function insertRule(tx: Transaction, rule: NewRule): Promise<number> {
  const { id } = await tx.db
    .insertInto('immutability_rules')
    .values({
      project_id: rule.projectId,
      repositories: rule.repositories,
      tags: rule.tags,
      body: '{}',
      created_by: rule.createdBy,
      created_at: rule.createdAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Only of that project: a number alone never reaches into another. Returns whether it was there. */
export async function deleteRule(tx: Transaction, projectId: number, id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('immutability_rules')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

const findTags = prepare<{ repository: RepositoryId; after: string; limit: number }, { name: Tag }>((db, parameter) =>
  db
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', parameter('repository'))
    .where('name', '>', parameter('after') as Tag)
    .orderBy('name')
    .limit(parameter('limit')),
)

/** Tags after `after` in byte order. */
export async function tagsAfter(
  executor: Executor,
  repository: RepositoryId,
  page: { readonly after: string; readonly limit: number },
): Promise<Tag[]> {
  return (await findTags(executor, { repository, ...page })).map(({ name }) => name)
}
