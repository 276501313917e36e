import { Breaths } from '../lib/breaths.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import type { Rule } from './rule.ts'

/** A tag as rules see it; times are milliseconds since 1970. */
export interface TagState {
  readonly tag: Tag
  readonly digest: Digest
  readonly pushedAt: number
  /** Null: never, as far as anybody remembers. */
  readonly pulledAt: number | null
}

/** The tags of one repository in byte order, and those among them that no rule is asked about. */
export interface Question {
  readonly tags: readonly TagState[]
  readonly exempt: ReadonlySet<Tag>
  readonly now: number
}

/** One rule on one repository. */
export interface AppliedRule {
  readonly rule: Rule
  /** Places of the selected tags, in order. */
  readonly selected: readonly number[]
  readonly keeps: (place: number) => boolean
}

export async function applyRule(rule: Rule, question: Question): Promise<AppliedRule> {
  const { tags, now } = question
  const selected = await selectTags(rule, question)
  const { lastPushed, lastPulled, pushedWithinMs, pulledWithinMs } = rule.keep
  const pushed = (place: number) => tags[place]?.pushedAt ?? null
  const pulled = (place: number) => tags[place]?.pulledAt ?? null
  const conditions = [
    lastPushed === undefined ? undefined : newest(selected, pushed, lastPushed),
    lastPulled === undefined ? undefined : newest(selected, pulled, lastPulled),
    pushedWithinMs === undefined ? undefined : within(pushed, now - pushedWithinMs),
    pulledWithinMs === undefined ? undefined : within(pulled, now - pulledWithinMs),
  ].filter((condition) => condition !== undefined)
  return { rule, selected, keeps: (place) => conditions.some((condition) => condition(place)) }
}

async function selectTags(rule: Rule, { tags, exempt }: Question): Promise<number[]> {
  const selected: number[] = []
  if (rule.tags === undefined) return selected
  const breaths = new Breaths()
  for (const [place, { tag }] of tags.entries()) {
    if (!exempt.has(tag) && rule.tags.matches(tag)) selected.push(place)
    if (breaths.isDue()) await breaths.take()
  }
  return selected
}

type TimeOf = (place: number) => number | null

function within(timeOf: TimeOf, since: number): (place: number) => boolean {
  return (place) => {
    const time = timeOf(place)
    return time !== null && time > since
  }
}

/** Whether one is among the so many newest. Of tags of the same moment, those later in byte order are newer. */
function newest(selected: readonly number[], timeOf: TimeOf, count: number): (place: number) => boolean {
  const times = Float64Array.from(selected.map(timeOf).filter((time) => time !== null)).sort()
  if (times.length <= count) return (place) => timeOf(place) !== null
  const oldest = times[times.length - count] ?? 0
  let room = count - times.filter((time) => time > oldest).length
  const firstPlace = selected.findLast((place) => timeOf(place) === oldest && --room === 0) ?? 0
  return (place) => {
    const time = timeOf(place)
    return time !== null && (time > oldest || (time === oldest && place >= firstPlace))
  }
}

/** 1: the newest of those selected. Undefined: it has no such time. */
export function rankOf(selected: readonly number[], timeOf: TimeOf, place: number): number | undefined {
  const time = timeOf(place)
  if (time === null) return undefined
  return (
    1 +
    selected.filter((other) => {
      const otherTime = timeOf(other)
      return otherTime !== null && (otherTime > time || (otherTime === time && other > place))
    }).length
  )
}

/** What rules say of the tags of a repository. */
export interface Decision {
  /** Selected by a rule, and kept by none. */
  readonly going: readonly TagState[]
  /** The rules that select any of those. */
  readonly rules: readonly Rule[]
}

export async function decide(rules: readonly Rule[], question: Question): Promise<Decision> {
  const applied: AppliedRule[] = []
  for (const rule of rules) applied.push(await applyRule(rule, question))
  const verdicts = new Uint8Array(question.tags.length)
  const breaths = new Breaths()
  for (const { selected, keeps } of applied) {
    for (const place of selected) verdicts[place] = verdicts[place] === KEPT || keeps(place) ? KEPT : GOES
    await breaths.take()
  }
  return {
    going: question.tags.filter((_, place) => verdicts[place] === GOES),
    rules: applied.filter(({ selected }) => selected.some((place) => verdicts[place] === GOES)).map(({ rule }) => rule),
  }
}

const GOES = 1
const KEPT = 2
