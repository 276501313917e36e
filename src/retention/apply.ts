import type { Project } from '../access/project-store.ts'
import { type Actor, jobActor } from '../lib/actor.ts'
import { type ExpiredTag, expiredAmong, expiredTags } from '../metadata/tag-expiry.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Registry } from '../registry/registry.ts'
import { type Removal, type Removed, removeGoing } from '../registry/remove-going.ts'
import { whatGoes } from '../registry/what-goes.ts'
import { plansOf } from './plan.ts'
import type { Rule } from './rule.ts'

/** What one run removed from one repository. */
export interface AppliedTo extends Removed {
  readonly repository: RepositoryName
}

export interface Attempt {
  readonly actor: Actor
  /** Told of a repository in which it did not work; the others go on. */
  readonly onFailure: (repository: RepositoryName, error: unknown) => void
  readonly signal?: AbortSignal | undefined
}

/** Removes what the rules of a project keep not. One deletion for each repository brings it back. */
export async function applyRules(
  registry: Registry,
  project: Project,
  rules: readonly Rule[],
  { actor, onFailure, signal }: Attempt,
): Promise<AppliedTo[]> {
  await registry.pulls.flush()
  const applied: AppliedTo[] = []
  for await (const { spot, going, rules: used } of plansOf(registry, project, rules)) {
    if (signal?.aborted === true) break
    const ids = used.map(({ id }) => id).join(', ')
    const reason = `retention ${used.length === 1 ? 'rule' : 'rules'} ${ids} of the project ${project.name}`
    const work = removeGoing(registry, { ...spot, actor, kind: 'retention', reason, signal }, going)
    await attempt(applied, spot.repository, work, onFailure)
  }
  return applied
}

async function attempt(
  applied: AppliedTo[],
  repository: RepositoryName,
  work: Promise<Removed>,
  onFailure: Attempt['onFailure'],
): Promise<void> {
  try {
    const removed = await work
    if (removed.deletion !== undefined) applied.push({ repository, ...removed })
  } catch (error) {
    onFailure(repository, error)
  }
}

const PAGE = 500

/** Removes tags whose date has come, with what only they name. One whose date is taken back or put off meanwhile stays. */
export async function removeExpired(
  registry: Registry,
  { onFailure, signal }: Omit<Attempt, 'actor'>,
): Promise<AppliedTo[]> {
  const actor = jobActor('expiry')
  const { clock, database } = registry
  const applied: AppliedTo[] = []
  for (let after: ExpiredTag | undefined; ;) {
    const page = await expiredTags(database.reader, clock.now(), { after, limit: PAGE })
    for (const tags of byRepository(page)) {
      const [{ repository, repositoryId }] = tags
      const spot = { repository, repositoryId }
      const stillWanted: Removal['stillWanted'] = async (tx, asked) => {
        const names = asked.map(({ tag }) => tag)
        const expired = await expiredAmong(tx, { repository: repositoryId, tags: names, now: clock.now() })
        return asked.filter(({ tag }) => expired.has(tag))
      }
      const reason = 'its expiry date has come'
      const removal: Removal = { ...spot, actor, kind: 'expired', reason, signal, stillWanted }
      const work = whatGoes(registry, database.reader, spot, { tags }).then((going) =>
        removeGoing(registry, removal, going),
      )
      await attempt(applied, repository, work, onFailure)
    }
    after = page.at(-1)
    if (page.length < PAGE || signal?.aborted === true) return applied
  }
}

function byRepository(tags: readonly ExpiredTag[]): [ExpiredTag, ...ExpiredTag[]][] {
  const groups = new Map<number, [ExpiredTag, ...ExpiredTag[]]>()
  for (const tag of tags) {
    const group = groups.get(tag.repositoryId)
    if (group === undefined) groups.set(tag.repositoryId, [tag])
    else group.push(tag)
  }
  return [...groups.values()]
}
