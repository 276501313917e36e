import type { Account } from '../auth/accounts.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { AccessCache } from './access-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Action } from './actions.ts'
import { findGrants, type Grant } from './grant-store.ts'
import { findProjectOf, hasPublicProject, longestOf, mapProjects, type Project } from './project-store.ts'

/** Projects and grants as decisions need them, remembered until any of them changes. */
export class Access {
  readonly #cache: AccessCache

  constructor(cache: AccessCache) {
    this.#cache = cache
  }

  /** The project that a repository belongs to, whether or not the repository is there. */
  projectOf(name: RepositoryName): MaybePromise<Project | undefined> {
    return this.#cache.remember(`project:${name}`, (executor) => findProjectOf(executor, name))
  }

  /** Finds out at once to which projects these belong, instead of one by one. */
  async learnProjectsOf(names: readonly RepositoryName[]): Promise<void> {
    await this.#cache.learn(async (executor) => {
      const projects = await mapProjects(executor)
      return names.map((name) => [`project:${name}`, longestOf(projects, name)])
    })
  }

  /** What an account was given in a project, itself or through its groups. */
  grantsIn(project: Project, account: Account): MaybePromise<readonly Grant[]> {
    return this.#cache.remember(`grants:${project.id}:${account.id}`, (executor) =>
      findGrants(executor, project.id, account.subjects),
    )
  }

  /** A decision that depends on nothing but what is remembered here. */
  decision<D>(account: Account, action: Action, name: RepositoryName, decide: () => Promise<D>): MaybePromise<D> {
    return this.#cache.remember(`decision:${account.id}:${action}:${name}`, decide)
  }

  isAnythingPublic(): MaybePromise<boolean> {
    return this.#cache.remember('public', hasPublicProject)
  }
}
