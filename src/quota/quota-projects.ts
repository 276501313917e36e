import { findProjectOf, prefixesOf } from '../access/project-store.ts'
import { findAccessVersion } from '../access/version-store.ts'
import { Recent } from '../lib/recent.ts'
import type { Executor } from '../metadata/db.ts'
import type { RepositoryName } from '../oci/name.ts'
import { projectsWithQuota } from './store.ts'

const REMEMBERED_REPOSITORIES = 20_000

export interface QuotaProject {
  readonly id: number
  readonly name: string
}

interface Snapshot {
  readonly version: number
  readonly withQuota: ReadonlyMap<string, number>
  /** For repositories below such a project; `none`: a longer project without a quota has it. */
  readonly projects: Recent<RepositoryName, QuotaProject | 'none'>
}

/**
 * Which project's quota a repository counts for, as of the last change of projects and quotas. A repository that counts
 * for none costs one row of the smallest table: what is counted must be exact, so the version is read where the change
 * is made, and not where other processes say that they changed it.
 */
export class QuotaProjects {
  #snapshot: Snapshot | undefined

  async find(executor: Executor, repository: RepositoryName): Promise<QuotaProject | undefined> {
    const { withQuota, projects } = await this.#current(executor)
    if (withQuota.size === 0 || !prefixesOf(repository).some((name) => withQuota.has(name))) return undefined
    let project = projects.get(repository)
    if (project === undefined) {
      const owner = await findProjectOf(executor, repository)
      project = owner !== undefined && withQuota.has(owner.name) ? { id: owner.id, name: owner.name } : 'none'
      projects.set(repository, project)
    }
    return project === 'none' ? undefined : project
  }

  async #current(executor: Executor): Promise<Snapshot> {
    const version = await findAccessVersion(executor)
    if (this.#snapshot?.version === version) return this.#snapshot
    const snapshot: Snapshot = {
      version,
      withQuota: await projectsWithQuota(executor),
      projects: new Recent(REMEMBERED_REPOSITORIES),
    }
    this.#snapshot = snapshot
    return snapshot
  }
}
