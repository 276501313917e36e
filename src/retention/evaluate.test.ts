import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { parseDigest } from '../oci/digest.ts'
import { parseTag } from '../oci/name.ts'
import { decide, type Question, type TagState } from './evaluate.ts'
import { parseRule, type Rule, type RuleInput } from './rule.ts'

const DAY = 86_400_000
const NOW = 1000 * DAY
const DIGEST = parseDigest(`sha256:${'0'.repeat(64)}`)

function state(name: string, pushedDaysAgo: number, pulledDaysAgo?: number): TagState {
  return {
    tag: parseTag(name),
    digest: DIGEST,
    pushedAt: NOW - pushedDaysAgo * DAY,
    pulledAt: pulledDaysAgo === undefined ? null : NOW - pulledDaysAgo * DAY,
  }
}

async function goingOf(inputs: readonly RuleInput[], tags: readonly TagState[]): Promise<string[]> {
  const rules = await Promise.all(inputs.map(parseRule))
  const question: Question = { tags, exempt: new Set(), now: NOW }
  return (await decide(rules, question)).going.map(({ tag }) => tag)
}

/** As slow and as plain as the sentence in the documentation. */
function oracle(rules: readonly Rule[], tags: readonly TagState[]): string[] {
  const keepsByRule = ({ tags: selector, keep }: Rule, tag: TagState): boolean => {
    const selected = tags.filter((each) => selector?.matches(each.tag))
    const newer = (time: (each: TagState) => number | null) =>
      selected.filter((each) => {
        const [mine, other] = [time(tag) ?? 0, time(each)]
        return other !== null && (other > mine || (other === mine && each.tag > tag.tag))
      }).length
    return (
      (keep.lastPushed !== undefined && newer((each) => each.pushedAt) < keep.lastPushed) ||
      (keep.lastPulled !== undefined && tag.pulledAt !== null && newer((each) => each.pulledAt) < keep.lastPulled) ||
      (keep.pushedWithinMs !== undefined && NOW - tag.pushedAt < keep.pushedWithinMs) ||
      (keep.pulledWithinMs !== undefined && tag.pulledAt !== null && NOW - tag.pulledAt < keep.pulledWithinMs)
    )
  }
  return tags
    .filter((tag) => {
      const selecting = rules.filter((rule) => rule.tags?.matches(tag.tag))
      return selecting.length > 0 && !selecting.some((rule) => keepsByRule(rule, tag))
    })
    .map(({ tag }) => tag)
}

describe('decide', () => {
  it('does what the oracle does', async () => {
    const few = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined })
    const age = fc.option(
      fc.integer({ min: 1, max: 6 }).map((days) => `${days}d`),
      { nil: undefined },
    )
    const rule = fc.record({
      tags: fc.constantFrom('*', 'a*', '!a*', 'regex:[ab].', 'semver:>=1', 'b1'),
      keep: fc.record({ lastPushed: few, lastPulled: few, pushedWithin: age, pulledWithin: age }),
    })
    const day = fc.integer({ min: 0, max: 6 })
    const tag = fc.record({
      name: fc.constantFrom('a', 'a1', 'a2', 'ab', 'b', 'b1', 'ba', 'c', '1.0.0', '2.1.0', '0.9.0'),
      pushed: day,
      pulled: fc.option(day, { nil: undefined }),
    })
    const run = fc.asyncProperty(
      fc.array(rule, { maxLength: 4 }),
      fc.uniqueArray(tag, { selector: ({ name }) => name, maxLength: 11 }),
      async (inputs, found) => {
        const tags = found
          .map(({ name, pushed, pulled }) => state(name, pushed, pulled))
          .sort((one, other) => (one.tag < other.tag ? -1 : 1))
        const rules = await Promise.all(inputs.map(parseRule))
        expect(await goingOf(inputs, tags)).toEqual(oracle(rules, tags))
      },
    )
    await fc.assert(run, { numRuns: 2000 })
  })

  it('a tag that no rule selects stays, and one rule that keeps is enough', async () => {
    const tags = [state('dev-1', 50), state('dev-2', 1), state('v1', 90)]
    expect(await goingOf([{ tags: 'dev-*', keep: {} }], tags)).toEqual(['dev-1', 'dev-2'])
    const both: RuleInput[] = [
      { tags: 'dev-*', keep: {} },
      { tags: '*', keep: { pushedWithin: '1w' } },
    ]
    expect(await goingOf(both, tags)).toEqual(['dev-1', 'v1'])
    expect(await goingOf([], tags)).toEqual([])
  })

  it('a tag that was never pulled is not among those pulled last', async () => {
    const tags = [state('a', 1), state('b', 2, 30)]
    expect(await goingOf([{ tags: '*', keep: { lastPulled: 5 } }], tags)).toEqual(['a'])
  })

  it('says which rules select what goes', async () => {
    const rules = await Promise.all([
      parseRule({ tags: 'a*', keep: {} }),
      parseRule({ tags: 'b*', keep: {} }),
      parseRule({ tags: '*', keep: { lastPushed: 1 } }),
    ])
    const question = { tags: [state('a', 3), state('c', 1)], exempt: new Set<never>(), now: NOW }
    expect((await decide(rules, question)).rules.map(({ tags }) => tags?.text)).toEqual(['a*', '*'])
  })
})

describe('parseRule', () => {
  it.each<[RuleInput, string]>([
    [{}, 'a rule says'],
    [{ tags: '*' }, '"keep": {}'],
    [{ keep: { lastPushed: 1 }, untagged: '7d' }, 'go together'],
    [{ tags: 'regex:(', keep: {} }, 'RE2'],
    [{ tags: '*', keep: {}, repositories: 'A' }, 'pattern'],
  ])('%j is refused', async (input, message) => {
    expect(parseRule(input)).rejects.toThrow(message)
  })
})
