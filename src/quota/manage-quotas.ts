import { type By, change, type Management } from '../access/management.ts'
import { findProjectOf, hasRepositoriesIn, type Project } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import type { RepositoryName } from '../oci/name.ts'
import { countAll } from './count-store.ts'
import { deleteQuota, findQuota, type Limits, putLimits, type Quota } from './store.ts'
import { noteNearlyFull, RESOURCES } from './warning.ts'

/**
 * Limits what a project may hold. The first time everything in it is counted. Limits below what is there are fine:
 * nothing goes, and nothing more comes. @throws Problem
 */
export async function setQuota(m: Management, by: By, project: Project, limits: Limits): Promise<Quota> {
  if (RESOURCES.every((resource) => limits[resource] === undefined))
    throw new Problem('invalid', 'say a limit of bytes, repositories or tags; to have none, remove the quota')
  const about = { action: 'quota.set', target: `project:${project.name}`, detail: { ...limits } }
  return change(m, by, about, async (tx) => {
    if (await putLimits(tx, project.id, limits)) await countAll(tx, project)
    return noteChange(m, tx, by, project)
  })
}

/** @throws Problem */
export async function removeQuota(m: Management, by: By, project: Project): Promise<void> {
  await change(m, by, { action: 'quota.removed', target: `project:${project.name}` }, async (tx) => {
    requireQuota(await findQuota(tx, project.id), project)
    await deleteQuota(tx, project.id)
  })
}

/** @throws Problem */
export function requireQuota(quota: Quota | undefined, { name }: Pick<Project, 'name'>): Quota {
  if (quota === undefined) throw new Problem('not-found', `the project ${name} has no quota`)
  return quota
}

async function noteChange(m: Management, tx: Transaction, by: By, project: Project): Promise<Quota> {
  const quota = requireQuota(await findQuota(tx, project.id), project)
  await noteNearlyFull({ ...m, log: undefined }, tx, { project, quota, actor: by.actor })
  return requireQuota(await findQuota(tx, project.id), project)
}

/**
 * A project of that name has come or gone: what is at or below it belongs to another one now. A new project has no
 * quota, so that is the one above.
 */
export async function recountAbove(tx: Transaction, name: string): Promise<void> {
  if (!(await hasRepositoriesIn(tx, name))) return
  const above = name.split('/').slice(0, -1).join('/')
  const project = above === '' ? undefined : await findProjectOf(tx, above as RepositoryName)
  if (project !== undefined && (await findQuota(tx, project.id)) !== undefined) await countAll(tx, project)
}
