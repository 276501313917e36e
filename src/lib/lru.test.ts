import { describe, expect, it } from 'bun:test'
import { Lru } from './lru.ts'

describe('Lru', () => {
  it('forgets what was used longest ago; reading is using', () => {
    const lru = new Lru<string, number>(2)
    lru.set('a', 1)
    lru.set('b', 2)
    expect(lru.get('a')).toBe(1)
    lru.set('c', 3)
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3])
  })

  it('keeps the sum of weights within its budget', () => {
    const lru = new Lru<string, string>(100)
    for (let index = 0; index < 50; index++) lru.set(`${index}`, 'value', 30)
    expect(lru.size).toBe(3)
    lru.set('large', 'value', 90)
    expect(lru.size).toBe(1)
  })

  it('does not keep what is heavier than everything, nor an older value under that key', () => {
    const lru = new Lru<string, string>(10)
    lru.set('a', 'small', 1)
    lru.set('a', 'huge', 11)
    expect(lru.get('a')).toBeUndefined()
    expect(lru.size).toBe(0)
  })

  it('counts a replaced or deleted value no longer', () => {
    const lru = new Lru<string, string>(10)
    lru.set('a', 'old', 9)
    lru.set('a', 'new', 5)
    lru.set('b', 'fits', 5)
    expect([lru.get('a'), lru.get('b')]).toEqual(['new', 'fits'])
    lru.delete('a')
    lru.delete('a')
    lru.set('c', 'fits', 5)
    expect([lru.get('b'), lru.get('c')]).toEqual(['fits', 'fits'])
    lru.clear()
    lru.set('d', 'all', 10)
    expect(lru.size).toBe(1)
  })
})
