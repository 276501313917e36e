import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { TokenBuckets } from './token-bucket.ts'

describe('TokenBuckets', () => {
  it('a burst at once, then as many as come in time', () => {
    const buckets = new TokenBuckets(10, 3)
    expect([0, 0, 0, 0].map((now) => buckets.take('a', now))).toEqual([0, 0, 0, 100])
    expect([50, 100, 100].map((now) => buckets.take('a', now))).toEqual([50, 0, 100])
  })

  it('each key has its own', () => {
    const buckets = new TokenBuckets(1, 1)
    expect([buckets.take('a', 0), buckets.take('b', 0), buckets.take('a', 0)]).toEqual([0, 0, 1000])
  })

  it('what was not used adds up to the burst, and no further', () => {
    const buckets = new TokenBuckets(100, 2)
    buckets.take('a', 0)
    const taken = Array.from({ length: 5 }, () => buckets.take('a', 1_000_000)).filter((wait) => wait === 0)
    expect(taken).toHaveLength(2)
  })

  it('a burst below one is one: else nobody would ever get any', () => {
    expect(new TokenBuckets(1, 0).take('a', 0)).toBe(0)
  })

  it('a clock that goes back neither gives nor takes', () => {
    const buckets = new TokenBuckets(1, 1)
    expect([buckets.take('a', 10_000), buckets.take('a', 5000), buckets.take('a', 5500)]).toEqual([0, 1000, 500])
  })

  it('a key that was not asked for long is forgotten, which makes it full', () => {
    const buckets = new TokenBuckets(0.001, 1, 2)
    expect(['a', 'a', 'b', 'c', 'a'].map((key) => buckets.take(key, 0) === 0)).toEqual([true, false, true, true, true])
  })

  it('never gives more than the burst and what came in time; whoever waits as long as told gets one', () => {
    const rate = fc.integer({ min: 1, max: 1000 })
    const pauses = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 50 })
    fc.assert(
      fc.property(rate, fc.integer({ min: 1, max: 20 }), pauses, (perSecond, burst, waits) => {
        const buckets = new TokenBuckets(perSecond, burst)
        let [now, taken, told] = [0, 0, 0]
        for (const wait of waits) {
          now += wait
          told = buckets.take('a', now)
          if (told === 0) taken++
        }
        expect(taken).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-6)
        // A fraction of a token may be lost in sums of fractions.
        if (told > 0) expect(buckets.take('a', now + told)).toBeLessThanOrEqual(1)
      }),
    )
  })
})
