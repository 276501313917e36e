import { prepare } from '../metadata/prepared.ts'
import type { Project } from '../access/project-store.ts'
import type { Executor, Transaction } from '../metadata/db.ts'

/** What a project may hold; undefined: any number. */
export interface Limits {
  readonly bytes: number | undefined
  readonly repositories: number | undefined
  readonly tags: number | undefined
}

/**
 * What a project holds: bytes of its blobs, each counted once, and of the manifests of each repository. Bytes of what is
 * deleted count until they are removed for good.
 */
export interface Counts {
  readonly bytes: number
  readonly repositories: number
  readonly tags: number
}

export interface Quota {
  readonly limits: Limits
  readonly used: Counts
  /** When it was said that little is left; undefined: enough is. */
  readonly warnedAt: number | undefined
}

interface Row extends Counts {
  max_bytes: number | null
  max_repositories: number | null
  max_tags: number | null
  warned_at: number | null
}

function toQuota(row: Row): Quota {
  return {
    limits: {
      bytes: row.max_bytes ?? undefined,
      repositories: row.max_repositories ?? undefined,
      tags: row.max_tags ?? undefined,
    },
    used: { bytes: row.bytes, repositories: row.repositories, tags: row.tags },
    warnedAt: row.warned_at ?? undefined,
  }
}

const COLUMNS = ['max_bytes', 'max_repositories', 'max_tags', 'bytes', 'repositories', 'tags', 'warned_at'] as const

const find = prepare<{ project: number }, Row>((db, parameter) =>
  db.selectFrom('quotas').select(COLUMNS).where('project_id', '=', parameter('project')),
)

export async function findQuota(executor: Executor, project: number): Promise<Quota | undefined> {
  const [row] = await find(executor, { project })
  return row && toQuota(row)
}

/** The projects that have one, by name. */
export async function projectsWithQuota(executor: Executor): Promise<ReadonlyMap<string, number>> {
  const rows = await executor.db
    .selectFrom('quotas')
    .innerJoin('projects', 'projects.id', 'quotas.project_id')
    .select(['projects.id', 'projects.name'])
    .execute()
  return new Map(rows.map(({ id, name }) => [name, id]))
}

export async function listQuotas(
  executor: Executor,
  after: string,
  limit: number,
): Promise<{ readonly project: Pick<Project, 'id' | 'name'>; readonly quota: Quota }[]> {
  const rows = await executor.db
    .selectFrom('quotas')
    .innerJoin('projects', 'projects.id', 'quotas.project_id')
    .select(['projects.id', 'projects.name', ...COLUMNS])
    .where('projects.name', '>', after)
    .orderBy('projects.name')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ project: { id: row.id, name: row.name }, quota: toQuota(row) }))
}

/** Returns whether the project had none before: then nothing is counted yet. */
export async function putLimits(tx: Transaction, project: number, limits: Limits): Promise<boolean> {
  const isNew = (await findQuota(tx, project)) === undefined
  const columns = {
    max_bytes: limits.bytes ?? null,
    max_repositories: limits.repositories ?? null,
    max_tags: limits.tags ?? null,
  }
  if (isNew)
    await tx.db
      .insertInto('quotas')
      .values({ project_id: project, ...columns, bytes: 0, repositories: 0, tags: 0, warned_at: null })
      .execute()
  else await tx.db.updateTable('quotas').set(columns).where('project_id', '=', project).execute()
  return isNew
}

/** What it counted, and what is reserved, goes with it. */
export async function deleteQuota(tx: Transaction, project: number): Promise<void> {
  await tx.db.deleteFrom('quotas').where('project_id', '=', project).execute()
}

export async function setWarnedAt(tx: Transaction, project: number, at: number | undefined): Promise<void> {
  await tx.db
    .updateTable('quotas')
    .set({ warned_at: at ?? null })
    .where('project_id', '=', project)
    .execute()
}

const add = prepare<Counts & { project: number }, Row>((db, parameter) =>
  db
    .updateTable('quotas')
    .set(({ eb }) => ({
      bytes: eb('bytes', '+', parameter('bytes')),
      repositories: eb('repositories', '+', parameter('repositories')),
      tags: eb('tags', '+', parameter('tags')),
    }))
    .where('project_id', '=', parameter('project'))
    .returning(COLUMNS),
)

/** Adds to what a project holds, and returns what that makes. */
export async function addToCounts(tx: Transaction, project: number, delta: Counts): Promise<Quota | undefined> {
  const [row] = await add(tx, { ...delta, project })
  return row && toQuota(row)
}
