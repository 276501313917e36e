import { matchesPattern } from '../lib/name-pattern.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor } from './db.ts'
import { prepare } from './prepared.ts'

/** What `retention_rules.body` holds. */
export interface RetentionBody {
  readonly keep: {
    /** How many tags, of those that the rule selects in one repository. */
    readonly lastPushed?: number | undefined
    readonly lastPulled?: number | undefined
    readonly pushedWithinMs?: number | undefined
    readonly pulledWithinMs?: number | undefined
  }
  /** After which manifests without a name go, instead of `gc.untagged`. */
  readonly untaggedMs?: number | 'never' | undefined
}

const rulesOf = prepare<{ name: string }, { project: string; repositories: string; body: string }>((db, parameter) =>
  db
    .selectFrom('projects')
    .innerJoin('retention_rules', 'retention_rules.project_id', 'projects.id')
    .select(['projects.name as project', 'retention_rules.repositories', 'retention_rules.body'])
    .where('projects.name', '=', parameter('name')),
)

const projectNamed = prepare<{ name: string }, { id: number }>((db, parameter) =>
  db.selectFrom('projects').select('id').where('name', '=', parameter('name')),
)

/**
 * For how long manifests without a name stay in a repository, in milliseconds, by the rules of the project that it
 * belongs to: the longest of them, Infinity for ever. Undefined: no rule says so.
 */
export async function untaggedOverride(executor: Executor, repository: RepositoryName): Promise<number | undefined> {
  const project = await projectNameOf(executor, repository)
  if (project === undefined) return undefined
  const below = repository.slice(project.length + 1)
  const times = (await rulesOf(executor, { name: project }))
    .filter(({ repositories }) => repositories === '' || matchesPattern(repositories, below))
    .map(({ body }) => (JSON.parse(body) as RetentionBody).untaggedMs)
    .filter((time) => time !== undefined)
    .map((time) => (time === 'never' ? Number.POSITIVE_INFINITY : time))
  return times.length === 0 ? undefined : Math.max(...times)
}

/** The longest project among `a/b/c`, `a/b` and `a`. */
async function projectNameOf(executor: Executor, repository: string): Promise<string | undefined> {
  for (let name = repository; name !== ''; name = name.slice(0, Math.max(name.lastIndexOf('/'), 0)))
    if ((await projectNamed(executor, { name })).length > 0) return name
  return undefined
}
