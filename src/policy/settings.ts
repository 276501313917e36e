import type { AccessCache } from '../access/access-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Access } from '../access/access.ts'
import { findProjectById, findProjectOf, prefixesOf, type Project } from '../access/project-store.ts'
import { selectsRepository } from '../access/repository-selector.ts'
import { createHasher } from '../lib/hasher.ts'
import { Recent } from '../lib/recent.ts'
import type { Executor } from '../metadata/db.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Rule } from './rule.ts'
import { projectsWithRules } from './rules-exist-store.ts'
import type { Exemption } from './store.ts'

/** What holds in one repository. */
export interface PolicyHere {
  readonly project: Pick<Project, 'id' | 'name'>
  /** Those that are about it and not off; at least one. */
  readonly rules: readonly Rule[]
  readonly exemptions: readonly Exemption[]
  /** Of everything that the project says: a verdict of another one is no good. */
  readonly revision: string
}

interface ProjectPolicy {
  readonly project: Project
  readonly rules: readonly Rule[]
  readonly exemptions: readonly Exemption[]
  readonly revision: string
}

/** Every project that has rules, by its name. */
type Settings = ReadonlyMap<string, ProjectPolicy>

const REMEMBERED = 20_000

/** Where rules hold, remembered until any changes in any process: changes of them count as changes of rights. */
export class PolicySettings {
  readonly #cache: AccessCache
  readonly #access: Access
  /** What came out for the latest settings: they are others after every change of projects, too. */
  #found: {
    readonly settings: Settings | undefined
    readonly places: Recent<string, { readonly here: PolicyHere | undefined }>
  } = {
    settings: undefined,
    places: new Recent(REMEMBERED),
  }

  constructor(cache: AccessCache, access: Access) {
    this.#cache = cache
    this.#access = access
  }

  /** What holds in a repository: at once where it is known; undefined where no rule is about it. */
  here(name: RepositoryName): MaybePromise<PolicyHere | undefined> {
    const settings = this.#cache.remember('policy', loadSettings)
    if (settings instanceof Promise) return settings.then((loaded) => this.#hereIn(loaded, name))
    return this.#hereIn(settings, name)
  }

  #hereIn(settings: Settings, name: RepositoryName): MaybePromise<PolicyHere | undefined> {
    if (settings.size === 0) return undefined
    if (this.#found.settings !== settings) this.#found = { settings, places: new Recent(REMEMBERED) }
    const { places } = this.#found
    const known = places.get(name)
    if (known !== undefined) return known.here
    if (!prefixesOf(name).some((prefix) => settings.has(prefix))) return undefined
    const remember = (project: Project | undefined) => {
      const here = project && hereOf(settings.get(project.name), name)
      places.set(name, { here })
      return here
    }
    const project = this.#access.projectOf(name)
    return project instanceof Promise ? project.then(remember) : remember(project)
  }
}

async function loadSettings(executor: Executor): Promise<Settings> {
  const settings = new Map<string, ProjectPolicy>()
  for (const id of await projectsWithRules(executor)) {
    const project = await findProjectById(executor, id)
    if (project !== undefined) settings.set(project.name, await policyOf(executor, project))
  }
  return settings
}

async function policyOf(executor: Executor, project: Project): Promise<ProjectPolicy> {
  // Where there are no rules nobody needs what reads them.
  const { listExemptions, listRules } = await import('./store.ts')
  const rules = await listRules(executor, project.id)
  const exemptions = await listExemptions(executor, project.id)
  return { project, rules, exemptions, revision: revisionOf(project, rules, exemptions) }
}

/** What holds in a repository as a transaction sees it. */
export async function policyIn(executor: Executor, name: RepositoryName): Promise<PolicyHere | undefined> {
  const project = await findProjectOf(executor, name)
  return project && hereOf(await policyOf(executor, project), name)
}

function hereOf(policy: ProjectPolicy | undefined, name: RepositoryName): PolicyHere | undefined {
  if (policy === undefined) return undefined
  const { project, revision } = policy
  const isHere = ({ repositories }: { readonly repositories: string }) => selectsRepository(repositories, project, name)
  const rules = policy.rules.filter((rule) => rule.mode !== 'off' && isHere(rule))
  return rules.length === 0 ? undefined : { project, rules, exemptions: policy.exemptions.filter(isHere), revision }
}

/** Raised when images are judged in another way than before. */
const JUDGEMENT = 2

function revisionOf(project: Project, rules: readonly Rule[], exemptions: readonly Exemption[]): string {
  const hasher = createHasher('sha256')
  hasher.update(new TextEncoder().encode(JSON.stringify([JUDGEMENT, project.id, rules, exemptions])))
  return hasher.hex().slice(0, 32)
}
