import type { Project } from '../access/project-store.ts'
import { selectsRepository } from '../access/repository-selector.ts'
import { Breaths } from '../lib/breaths.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Registry } from '../registry/registry.ts'
import { requireAnchors } from './asked-anchors.ts'
import { repositoriesOf, type TaggedImage, taggedImages } from './images.ts'
import type { Policy } from './policy.ts'
import { parseRule, type Rule, type RuleInput } from './rule.ts'
import { listExemptions } from './store.ts'
import { gravest, type Outcome, weigh } from './verdict.ts'

/** What a rule would do to the tagged images of a project now, were it enforced. */
export interface Preview {
  /** So many were looked at. */
  readonly images: number
  readonly refused: number
  readonly warned: number
  /** Of these nobody can say it now. */
  readonly unknown: number
  readonly items: readonly PreviewItem[]
  /** There is more than is listed, or than was looked at. */
  readonly truncated: boolean
}

export interface PreviewItem {
  readonly repository: RepositoryName
  /** One of those that lead to it. */
  readonly tag: string
  readonly digest: Digest
  readonly outcome: Exclude<Outcome, 'pass'>
  readonly text: string
}

/** One request looks at no more. */
const MAX_IMAGES = 5000

/** @throws Problem for a rule that is none */
export async function previewRule(
  { registry, policy }: { readonly registry: Registry; readonly policy: Pick<Policy, 'judge'> },
  project: Project,
  input: RuleInput,
  limit: number,
): Promise<Preview> {
  const { reader } = registry.database
  const parsed = parseRule(input)
  await requireAnchors(reader, project, parsed)
  const rule: Rule = { ...parsed, id: 0, mode: 'enforce', except: [], createdBy: '', createdAt: registry.clock.now() }
  const exemptions = (await listExemptions(reader, project.id)).filter(({ ruleId }) => ruleId === undefined)
  const judge = await policy.judge()
  const counts = { images: 0, refuse: 0, warn: 0, unknown: 0 }
  const items: PreviewItem[] = []
  for await (const image of imagesFor(registry, project, rule)) {
    if (counts.images === MAX_IMAGES) return summary(counts, items, true)
    counts.images++
    const { spot, head, tag } = image
    const about = exemptions.filter(({ repositories }) => selectsRepository(repositories, project, spot.repository))
    const here = { project, rules: [rule], exemptions: about, revision: '' }
    const { rules } = await judge.examine({ spot, here }, head, here.rules)
    const outcome = gravest(rules.map((each) => weigh(rule.mode, each.outcome)))
    if (outcome === 'pass') continue
    counts[outcome]++
    if (items.length < limit)
      items.push({ repository: spot.repository, tag, digest: head.digest, outcome, text: rules[0]?.text ?? '' })
  }
  return summary(counts, items, false)
}

async function* imagesFor(registry: Registry, project: Project, rule: Rule): AsyncGenerator<TaggedImage> {
  const breaths = new Breaths()
  for await (const spot of repositoriesOf(registry.database, project)) {
    if (!selectsRepository(rule.repositories, project, spot.repository)) continue
    for await (const image of taggedImages(registry.database, spot)) {
      yield image
      await breaths.take()
    }
  }
}

function summary(
  { images, refuse, warn, unknown }: { images: number; refuse: number; warn: number; unknown: number },
  items: readonly PreviewItem[],
  isCut: boolean,
): Preview {
  const truncated = isCut || items.length < refuse + warn + unknown
  return { images, refused: refuse, warned: warn, unknown, items, truncated }
}
