import type { Executor, Transaction } from '../metadata/db.ts'
import { removeRepository } from '../metadata/remove-repository.ts'
import type { RepositoryName } from '../oci/name.ts'

export interface Project {
  readonly id: number
  readonly name: string
  readonly public: boolean
  /** The principal whose push or request made it; undefined: the operator. */
  readonly createdBy: string | undefined
  readonly createdAt: Date
}

interface ProjectRow {
  id: number
  name: string
  public: number
  created_by: string | null
  created_at: number
}

function toProject(row: ProjectRow): Project {
  return {
    id: row.id,
    name: row.name,
    public: row.public === 1,
    createdBy: row.created_by ?? undefined,
    createdAt: new Date(row.created_at),
  }
}

/** `a/b/c` belongs to the longest project among `a/b/c`, `a/b` and `a`. */
export async function findProjectOf(executor: Executor, name: RepositoryName): Promise<Project | undefined> {
  const rows = await executor.db.selectFrom('projects').selectAll().where('name', 'in', prefixesOf(name)).execute()
  const longest = rows.sort((a, b) => b.name.length - a.name.length)[0]
  return longest && toProject(longest)
}

/** All, by name. */
export async function mapProjects(executor: Executor): Promise<ReadonlyMap<string, Project>> {
  const rows = await executor.db.selectFrom('projects').selectAll().execute()
  return new Map(rows.map((row) => [row.name, toProject(row)]))
}

/** What `findProjectOf` would find. */
export function longestOf(projects: ReadonlyMap<string, Project>, name: RepositoryName): Project | undefined {
  const prefix = prefixesOf(name).findLast((each) => projects.has(each))
  return prefix === undefined ? undefined : projects.get(prefix)
}

export function prefixesOf(name: string): string[] {
  const parts = name.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

export async function findProject(executor: Executor, name: string): Promise<Project | undefined> {
  const row = await executor.db.selectFrom('projects').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toProject(row)
}

export async function findProjectById(executor: Executor, id: number): Promise<Project | undefined> {
  const row = await executor.db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toProject(row)
}

/** Names after `after` in byte order. */
export async function listProjects(executor: Executor, after: string, limit: number): Promise<Project[]> {
  const rows = await executor.db
    .selectFrom('projects')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toProject)
}

export async function hasPublicProject(executor: Executor): Promise<boolean> {
  const row = await executor.db.selectFrom('projects').select('id').where('public', '=', 1).limit(1).executeTakeFirst()
  return row !== undefined
}

export interface NewProject {
  readonly name: string
  readonly public: boolean
  readonly createdBy: string | undefined
}

export async function insertProject(tx: Transaction, project: NewProject, now: Date): Promise<number> {
  const row = await tx.db
    .insertInto('projects')
    .values({
      name: project.name,
      public: project.public ? 1 : 0,
      created_by: project.createdBy ?? null,
      created_at: now.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

export async function setProjectPublic(tx: Transaction, id: number, isPublic: boolean): Promise<void> {
  await tx.db
    .updateTable('projects')
    .set({ public: isPublic ? 1 : 0 })
    .where('id', '=', id)
    .execute()
}

/** Its grants, robots and their rules go with it; its repositories stay, and belong to the next shorter project or to none. */
export async function deleteProject(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('projects').where('id', '=', id).execute()
}

/** Whether any repository has this name or is below it. */
export async function hasRepositoriesIn(executor: Executor, name: string): Promise<boolean> {
  return (await findRepositoryIn(executor, name).limit(1).executeTakeFirst()) !== undefined
}

/** Whether any of them holds a manifest. */
export async function hasContentIn(executor: Executor, name: string): Promise<boolean> {
  const row = await findRepositoryIn(executor, name)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('manifests').select('digest').whereRef('manifests.repository_id', '=', 'repositories.id')),
    )
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Repositories without manifests, and what they still link to: a new project of that name begins with nothing. */
export async function removeEmptyRepositories(tx: Transaction, name: string, now: Date): Promise<void> {
  for (const { id } of await findRepositoryIn(tx, name).execute()) await removeRepository(tx, id, now)
}

function findRepositoryIn(executor: Executor, name: string) {
  return executor.db
    .selectFrom('repositories')
    .select('id')
    .where(({ eb, and, or }) =>
      or([
        eb('name', '=', name as RepositoryName),
        // "0" follows "/" in byte order, so this is the range of everything below.
        and([eb('name', '>', `${name}/` as RepositoryName), eb('name', '<', `${name}0` as RepositoryName)]),
        // A deleted one of this very name ends with "@" and a number.
        and([eb('name', '>', `${name}@` as RepositoryName), eb('name', '<', `${name}A` as RepositoryName)]),
      ]),
    )
}

export async function hasProjectsBelow(executor: Executor, name: string): Promise<boolean> {
  const row = await executor.db
    .selectFrom('projects')
    .select('id')
    .where('name', '>', `${name}/`)
    .where('name', '<', `${name}0`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
