import { describe, expect, it } from 'bun:test'
import { Recent } from './recent.ts'

describe('Recent', () => {
  it('keeps what is used and forgets what is not', () => {
    const recent = new Recent<number, string>(10)
    recent.set(0, 'used')
    recent.set(1, 'unused')
    for (let key = 2; key < 100; key++) {
      recent.set(key, 'passing by')
      expect(recent.get(0)).toBe('used')
    }
    expect(recent.get(1)).toBeUndefined()
  })

  it('never holds more than its budget', () => {
    const recent = new Recent<number, number>(10)
    for (let key = 0; key < 1000; key++) recent.set(key, key)
    const held = Array.from({ length: 1000 }, (_, key) => recent.get(key)).filter((value) => value !== undefined)
    expect(held.length).toBeLessThanOrEqual(10)
  })

  it('counts weights', () => {
    const recent = new Recent<string, string>(100)
    recent.set('heavy', 'x', 60)
    recent.set('heavier', 'y', 60)
    expect([recent.get('heavy'), recent.get('heavier')]).toEqual([undefined, 'y'])
  })

  it('forgets everything when told to', () => {
    const recent = new Recent<string, string>(2)
    recent.set('a', '1')
    recent.set('b', '2')
    recent.clear()
    expect([recent.get('a'), recent.get('b')]).toEqual([undefined, undefined])
  })
})
