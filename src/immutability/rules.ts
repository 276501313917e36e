import { findProjectOf, type Project } from '../access/project-store.ts'
import { selectsRepository } from '../access/repository-selector.ts'
import { Recent } from '../lib/recent.ts'
import type { Database, Executor } from '../metadata/db.ts'
import { RowCache } from '../metadata/row-cache.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { parseTagSelector, type TagSelector } from '../registry/tag-selector.ts'
import { listRules } from './store.ts'

/** A rule as it holds in one repository. */
export interface RuleHere {
  readonly id: number
  readonly project: string
  readonly tags: TagSelector
}

export interface RulesHere {
  readonly rules: readonly RuleHere[]
}

const REMEMBERED_REPOSITORIES = 20_000
const REMEMBERED_SELECTORS = 1000

/** The rules of every repository, remembered until any project, rule or right changes. */
export class Rules {
  readonly #database: Database
  /**
   * Two, because a reader may look between a change’s notice and its commit, and would remember what is about to be
   * gone; a transaction cannot.
   */
  readonly #forReaders: RowCache<RulesHere>
  readonly #forTransactions: RowCache<RulesHere>
  readonly #selectors = new Recent<string, TagSelector>(REMEMBERED_SELECTORS)

  constructor(database: Database) {
    this.#database = database
    this.#forReaders = new RowCache(() => database.accessVersion(), REMEMBERED_REPOSITORIES)
    // Another machine may have made a rule that only the transaction's own snapshot knows.
    const version = () => (database.engine === 'sqlite' ? database.accessVersion() : undefined)
    this.#forTransactions = new RowCache(version, REMEMBERED_REPOSITORIES)
  }

  async of(name: RepositoryName, executor: Executor): Promise<readonly RuleHere[]> {
    const remembered = executor === this.#database.reader ? this.#forReaders : this.#forTransactions
    return (await remembered.find(name, () => this.#load(name, executor)))?.rules ?? []
  }

  async #load(name: RepositoryName, executor: Executor): Promise<RulesHere> {
    const project = await findProjectOf(executor, name)
    return { rules: project === undefined ? [] : await this.#loadOf(project, name, executor) }
  }

  async #loadOf(project: Project, name: RepositoryName, executor: Executor): Promise<RuleHere[]> {
    const rules: RuleHere[] = []
    for (const { id, repositories, tags } of await listRules(executor, project.id))
      if (selectsRepository(repositories, project, name))
        rules.push({ id, project: project.name, tags: await this.#selector(tags) })
    return rules
  }

  async #selector(text: string): Promise<TagSelector> {
    const known = this.#selectors.get(text)
    if (known !== undefined) return known
    const selector = await parseTagSelector(text)
    this.#selectors.set(text, selector)
    return selector
  }
}

export function ruleFor(rules: readonly RuleHere[], tag: Tag): RuleHere | undefined {
  return rules.find(({ tags }) => tags.matches(tag))
}
