import type { Project } from '../access/project-store.ts'
import { findProjectOf } from '../access/project-store.ts'
import { selectsRepository } from '../access/repository-selector.ts'
import { Breaths, batches } from '../lib/breaths.ts'
import type { Executor } from '../metadata/db.ts'
import { GRAPH_BATCH, visibleManifests } from '../metadata/manifest-graph.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Tag } from '../oci/name.ts'
import { digestInTag } from '../oci/tag-about.ts'
import type { Registry } from '../registry/registry.ts'
import type { Spot } from '../registry/operation.ts'
import { type Going, whatGoes } from '../registry/what-goes.ts'
import { decide, type Question, type TagState } from './evaluate.ts'
import type { Rule } from './rule.ts'
import { repositoriesBelow, tagStates } from './store.ts'

/** What rules would do in one repository. */
export interface Plan {
  readonly spot: Spot
  readonly going: Going
  /** Those that select what goes. */
  readonly rules: readonly Rule[]
}

const REPOSITORY_PAGE = 200

/** A plan for each repository of the project in which anything is selected and kept by no rule. */
export async function* plansOf(registry: Registry, project: Project, rules: readonly Rule[]): AsyncGenerator<Plan> {
  for await (const spot of repositoriesOf(registry.database.reader, project)) {
    const plan = await planRepository(registry, spot, rulesFor(project, spot, rules))
    if (plan !== undefined) yield plan
  }
}

/** The rules that are about tags of a repository. */
export function rulesFor(project: Project, { repository }: Spot, rules: readonly Rule[]): Rule[] {
  return rules.filter(
    ({ tags, repositories }) => tags !== undefined && selectsRepository(repositories, project, repository),
  )
}

async function* repositoriesOf(executor: Executor, project: Project): AsyncGenerator<Spot> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await repositoriesBelow(executor, project.name, { after, limit: REPOSITORY_PAGE })
    for (const { id, name } of page)
      if ((await findProjectOf(executor, name))?.id === project.id) yield { repository: name, repositoryId: id }
    after = page.length < REPOSITORY_PAGE ? undefined : page.at(-1)?.name
  }
}

async function planRepository(registry: Registry, spot: Spot, rules: readonly Rule[]): Promise<Plan | undefined> {
  if (rules.length === 0) return undefined
  const decision = await decide(rules, await questionOf(registry, spot.repositoryId))
  if (decision.going.length === 0) return undefined
  const going = await whatGoes(registry, registry.database.reader, spot, { tags: decision.going })
  return { spot, going, rules: decision.rules }
}

const TAG_PAGE = 1000

/** All tags of a repository as they are now. Those about a manifest that is there stand and fall with it. */
export async function questionOf(registry: Registry, repository: RepositoryId): Promise<Question> {
  const { reader } = registry.database
  const breaths = new Breaths()
  const tags: TagState[] = []
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: TagState[] = await tagStates(reader, repository, { after, limit: TAG_PAGE })
    for (const tag of page) tags.push(tag)
    after = page.length < TAG_PAGE ? undefined : page.at(-1)?.tag
    await breaths.take()
  }
  return { tags, exempt: await tagsAboutManifests(reader, repository, tags), now: registry.clock.now().getTime() }
}

async function tagsAboutManifests(
  executor: Executor,
  repository: RepositoryId,
  tags: readonly TagState[],
): Promise<ReadonlySet<Tag>> {
  const about = tags.flatMap(({ tag }) => {
    const digest = tag.startsWith('sha') ? digestInTag(tag) : undefined
    return digest === undefined ? [] : [{ tag, digest }]
  })
  const exempt = new Set<Tag>()
  for (const batch of batches(about, GRAPH_BATCH)) {
    const found = await visibleManifests(
      executor,
      repository,
      batch.map(({ digest }) => digest),
    )
    const visible = new Set(found.map(({ digest }) => digest))
    for (const { tag, digest } of batch) if (visible.has(digest)) exempt.add(tag)
  }
  return exempt
}
