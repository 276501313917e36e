import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { MODES } from './rule.ts'
import type { Exemption } from './store.ts'
import { exempted, gravest, OUTCOMES, RULE_OUTCOMES, verdictOf, weigh } from './verdict.ts'

const NOW = Date.UTC(2030, 0, 1)

function exemption(endsIn: number, name = 'ex'): Exemption {
  const expiresAt = new Date(NOW + endsIn)
  const made = { createdBy: 'ann', createdAt: new Date(0), reason: 'because' }
  return { id: 1, name, ruleId: undefined, repositories: '', digest: undefined, expiresAt, ...made }
}

describe('modes', () => {
  it.each([
    ['off', 'violated', 'pass'],
    ['off', 'unknown', 'pass'],
    ['warn', 'violated', 'warn'],
    ['warn', 'unknown', 'warn'],
    ['warn', 'warn', 'warn'],
    ['enforce', 'warn', 'warn'],
    ['enforce', 'violated', 'refuse'],
    ['enforce', 'unknown', 'unknown'],
    ['enforce', 'exempted', 'pass'],
    ['enforce', 'pass', 'pass'],
  ] as const)('%s: %s comes out as %s', (mode, outcome, expected) => {
    expect(weigh(mode, outcome)).toBe(expected)
  })

  it('a stricter mode never lets more through, and the gravest of all rules counts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...MODES), fc.constantFrom(...RULE_OUTCOMES))), (all) => {
        const said = all.map(([mode, outcome]) => ({ rule: { mode }, verdict: { rule: 1, outcome, text: '' } }))
        const { outcome } = verdictOf(said)
        const each = all.map(([mode, one]) => weigh(mode, one))
        expect(outcome).toBe(gravest(each))
        expect(outcome === 'refuse').toBe(each.includes('refuse'))
        expect(outcome === 'pass').toBe(each.every((one) => one === 'pass'))
        for (const one of RULE_OUTCOMES) {
          const ranks = MODES.map((mode) => OUTCOMES.indexOf(weigh(mode, one)))
          expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
        }
      }),
    )
  })
})

describe('exemptions', () => {
  const violated = { outcome: 'violated', text: 'bad' } as const

  it('hold until they end, to the millisecond', () => {
    expect(exempted(violated, [exemption(1)], NOW)).toEqual({ outcome: 'exempted', exemption: 'ex', until: NOW + 1 })
    expect(exempted(violated, [exemption(0)], NOW)).toEqual({ outcome: 'violated', until: undefined })
  })

  it('are not needed where nothing is wrong', () => {
    expect(exempted({ outcome: 'pass', text: '', until: 5 }, [exemption(1)], NOW)).toEqual({
      outcome: 'pass',
      until: 5,
    })
  })

  it('let through exactly while one of them has not ended, and what is said is right until it says', () => {
    const times = fc.integer({ min: -1000, max: 1000 })
    fc.assert(
      fc.property(fc.array(times, { maxLength: 5 }), fc.array(times, { maxLength: 5 }), (ends, moments) => {
        const all = ends.map((end) => exemption(end))
        const result = exempted(violated, all, NOW)
        expect(result.outcome === 'exempted').toBe(ends.some((end) => end > 0))
        for (const at of moments.filter((moment) => moment >= 0))
          if (result.until === undefined || NOW + at < result.until)
            expect(exempted(violated, all, NOW + at).outcome).toBe(result.outcome)
      }),
    )
  })
})
