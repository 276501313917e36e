import { findProjectOf } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import { findRepository } from '../metadata/repositories.ts'
import { findTagExpiry, type TagExpiry } from '../metadata/tag-expiry.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { digestInTag } from '../oci/tag-about.ts'
import type { Registry } from '../registry/registry.ts'
import type { Spot } from '../registry/operation.ts'
import { GuardSieve, whatGoes } from '../registry/what-goes.ts'
import { type AppliedRule, applyRule, decide, type Question, rankOf, type TagState } from './evaluate.ts'
import { questionOf, rulesFor } from './plan.ts'
import type { Rule } from './rule.ts'
import { listRules } from './store.ts'

/** One condition of a rule, as it is for one tag. */
export interface ExplainedCondition {
  readonly condition: keyof Rule['keep']
  readonly keeps: boolean
  /** Among the selected tags of the repository, 1 is the newest; undefined: it was never pulled. */
  readonly rank?: number | undefined
  readonly of?: number
  /** When it ends to keep the tag, unless that is pushed or pulled again. */
  readonly until?: Date
}

export interface ExplainedRule {
  readonly rule: Rule
  readonly keeps: boolean
  readonly conditions: readonly ExplainedCondition[]
}

export interface Explanation {
  readonly tag: Tag
  readonly digest: Digest
  readonly verdict: 'kept' | 'goes'
  readonly reason: string
  readonly pushedAt: Date
  readonly pulledAt: Date | undefined
  /** When it goes if nothing changes; undefined: nobody can say. */
  readonly goesAt: Date | undefined
  readonly rules: readonly ExplainedRule[]
  /** Immutable, or in use. */
  readonly keptBy: string | undefined
  readonly expiry: TagExpiry | undefined
  /** It stands and falls with this manifest. */
  readonly about: Digest | undefined
  /** Whether its manifest would go with it, and why not. */
  readonly manifest: { readonly goes: boolean; readonly reason: string }
}

/** Why a tag stays or goes, and when. `discreetly`: not who uses it. @throws Problem */
export async function explainTag(
  registry: Registry,
  repository: RepositoryName,
  name: string,
  discreetly = false,
): Promise<Explanation> {
  const { reader } = registry.database
  await registry.pulls.flush()
  const repositoryId = await findRepository(reader, repository)
  const missing = new Problem('not-found', `there is no tag "${name.slice(0, 128)}" in ${repository}`)
  if (repositoryId === undefined) throw missing
  const spot = { repository, repositoryId }
  const question = await questionOf(registry, repositoryId)
  const place = question.tags.findIndex(({ tag }) => tag === name)
  const state = question.tags[place]
  if (state === undefined) throw missing
  const project = await findProjectOf(reader, repository)
  const rules = project === undefined ? [] : rulesFor(project, spot, await listRules(reader, project.id))
  const applied = await rulesThatSelect(rules, question, place)
  const expiry = await findTagExpiry(reader, { repository: repositoryId, tag: state.tag })
  const sieve = await GuardSieve.open(registry, reader, spot, discreetly)
  await sieve.tags([state])
  const found: Findings = { state, question, applied, expiry, keptBy: sieve.kept[0]?.reason }
  const judged = judge(found)
  return {
    ...{ tag: state.tag, digest: state.digest, rules: applied, expiry },
    ...{ keptBy: found.keptBy, about: aboutOf(found), ...judged },
    pushedAt: new Date(state.pushedAt),
    pulledAt: state.pulledAt === null ? undefined : new Date(state.pulledAt),
    manifest: await explainManifest(registry, spot, { rules, found, goes: judged.verdict === 'goes' }),
  }
}

interface Findings {
  readonly state: TagState
  readonly question: Question
  readonly applied: readonly ExplainedRule[]
  readonly expiry: TagExpiry | undefined
  readonly keptBy: string | undefined
}

function aboutOf({ state, question }: Findings): Digest | undefined {
  return question.exempt.has(state.tag) ? digestInTag(state.tag) : undefined
}

async function rulesThatSelect(rules: readonly Rule[], question: Question, place: number): Promise<ExplainedRule[]> {
  const found: ExplainedRule[] = []
  for (const rule of rules) {
    const applied = await applyRule(rule, question)
    if (applied.selected.includes(place)) found.push(explainRule(applied, question, place))
  }
  return found
}

function explainRule({ rule, selected, keeps }: AppliedRule, { tags, now }: Question, place: number): ExplainedRule {
  const pushed = (other: number) => tags[other]?.pushedAt ?? null
  const pulled = (other: number) => tags[other]?.pulledAt ?? null
  const { lastPushed, lastPulled, pushedWithinMs, pulledWithinMs } = rule.keep
  const ranked = (condition: 'lastPushed' | 'lastPulled', count: number | undefined) => {
    if (count === undefined) return []
    const rank = rankOf(selected, condition === 'lastPushed' ? pushed : pulled, place)
    return [{ condition, keeps: rank !== undefined && rank <= count, rank, of: selected.length }]
  }
  const dated = (condition: 'pushedWithinMs' | 'pulledWithinMs', age: number | undefined) => {
    if (age === undefined) return []
    const time = condition === 'pushedWithinMs' ? pushed(place) : pulled(place)
    return [
      { condition, keeps: time !== null && time > now - age, ...(time !== null && { until: new Date(time + age) }) },
    ]
  }
  const conditions = [
    ...ranked('lastPushed', lastPushed),
    ...ranked('lastPulled', lastPulled),
    ...dated('pushedWithinMs', pushedWithinMs),
    ...dated('pulledWithinMs', pulledWithinMs),
  ]
  return { rule, keeps: keeps(place), conditions }
}

function judge(found: Findings): Pick<Explanation, 'verdict' | 'reason' | 'goesAt'> {
  const { expiry, keptBy, applied, question } = found
  const kept = (reason: string, goesAt?: Date) => ({ verdict: 'kept', reason, goesAt }) as const
  if (keptBy !== undefined) return kept(keptBy)
  if (expiry !== undefined && expiry.expiresAt.getTime() <= question.now)
    return { verdict: 'goes', reason: 'its expiry date has come', goesAt: expiry.expiresAt }
  const about = aboutOf(found)
  if (about !== undefined) return kept(`it goes when ${about} goes, and not before`, expiry?.expiresAt)
  if (applied.length === 0) return kept('no rule selects it', expiry?.expiresAt)
  const keeping = applied.filter(({ keeps }) => keeps)
  if (keeping.length > 0) return kept(`kept by ${namesOf(keeping)}`, earliest(expiry?.expiresAt, endOf(keeping)))
  return {
    verdict: 'goes',
    reason: `selected by ${namesOf(applied)} and kept by none`,
    goesAt: new Date(question.now),
  }
}

function namesOf(rules: readonly ExplainedRule[]): string {
  return `${rules.length === 1 ? 'rule' : 'rules'} ${rules.map(({ rule }) => rule.id).join(', ')}`
}

/** When no rule keeps it any more; undefined where one keeps it by its rank, which others change. */
function endOf(rules: readonly ExplainedRule[]): Date | undefined {
  const keeping = rules.flatMap(({ conditions }) => conditions.filter(({ keeps }) => keeps))
  const ends = keeping.map(({ until }) => until?.getTime() ?? Number.POSITIVE_INFINITY)
  const end = Math.max(...ends)
  return Number.isFinite(end) ? new Date(end) : undefined
}

function earliest(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one < other ? one : other
}

async function explainManifest(
  registry: Registry,
  spot: Spot,
  { rules, found, goes }: { readonly rules: readonly Rule[]; readonly found: Findings; readonly goes: boolean },
): Promise<Explanation['manifest']> {
  const { state, question } = found
  if (!goes) return { goes: false, reason: 'its tag stays' }
  const { going } = await decide(rules, question)
  const others = going.filter(({ tag }) => tag !== state.tag)
  const { staying } = await whatGoes(registry, registry.database.reader, spot, { tags: [...others, state] })
  const reason = staying.get(state.digest)
  return { goes: reason === undefined, reason: reason ?? 'nothing else needs it' }
}
