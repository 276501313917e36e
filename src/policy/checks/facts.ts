import { matchesPattern } from '../../lib/name-pattern.ts'
import type { Facts } from '../evidence.ts'
import type { CheckOf } from '../rule.ts'
import { type CheckResult, DAY_MS, PASS, plain } from './result.ts'

/** Longer values match no pattern but "*": patterns cost by the length of both. */
const MAX_VALUE = 2000

function matches(pattern: string, value: string): boolean {
  if (pattern === '*' || pattern === '**') return value !== ''
  return value.length <= MAX_VALUE && matchesPattern(pattern, value)
}

export function checkLabels({ required }: CheckOf<'labels'>, facts: Facts): CheckResult {
  const problems = Object.entries(required).flatMap(([name, pattern]) => {
    const value = Object.hasOwn(facts.labels, name) ? facts.labels[name] : undefined
    if (value === undefined) return [`it has no label ${plain(name)}`]
    return matches(pattern, value) ? [] : [`its label ${plain(name)} is "${plain(value)}", not ${plain(pattern)}`]
  })
  return problems.length === 0 ? PASS : { outcome: 'violated', text: problems.slice(0, 3).join('; ') }
}

const DIGEST = /^sha(?:256|512):/

export function checkBase({ allow }: CheckOf<'base'>, facts: Facts): CheckResult {
  const { name, digest } = facts.base ?? {}
  const isAllowed = (each: string) =>
    DIGEST.test(each) ? each === digest : name !== undefined && name !== '' && matches(each, name)
  if (allow.some(isAllowed)) return PASS
  if (name === undefined && digest === undefined)
    return { outcome: 'violated', text: 'it does not say what it was built upon (org.opencontainers.image.base.name)' }
  const said = [name, digest].flatMap((text) => (text === undefined ? [] : [plain(text)])).join('@')
  return { outcome: 'violated', text: `it was built upon ${said}, which is not on the list` }
}

/** A clock may be a little ahead of ours. */
const AHEAD_MS = DAY_MS

export function checkAge({ maxDays }: CheckOf<'age'>, facts: Facts, now: number): CheckResult {
  const createdAt = facts.created === undefined ? Number.NaN : Date.parse(facts.created)
  if (Number.isNaN(createdAt)) return { outcome: 'violated', text: 'it does not say when it was made' }
  if (createdAt > now + AHEAD_MS)
    return {
      outcome: 'violated',
      text: `it says that it was made at ${new Date(createdAt).toISOString()}, which is to come`,
      until: createdAt - AHEAD_MS,
    }
  const end = createdAt + maxDays * DAY_MS
  if (now < end) return { outcome: 'pass', text: '', until: end }
  const madeAt = new Date(createdAt).toISOString().slice(0, 10)
  return { outcome: 'violated', text: `it was made at ${madeAt}, more than ${maxDays} days ago` }
}
