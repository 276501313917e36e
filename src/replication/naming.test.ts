import { expect, test } from 'bun:test'
import { parseNaming } from './naming.ts'

const name = (addPrefix: string, flatten = false) => parseNaming({ stripPrefix: '', addPrefix, flatten })

test.each([
  ['mirror/', false],
  ['mirror', false],
  ['mirror', true],
  ['a/mirror', false],
  ['a/mirror', true],
] as const)('a name that comes back again and again is refused soon (%s, flatten %p)', (prefix, flatten) => {
  const there = name(prefix, flatten)
  const names = ['team/app']
  expect(() => {
    for (let round = 0; round < 10; round++) names.push(there(names.at(-1) ?? ''))
  }).toThrow('it came round in a loop')
  expect(names.length).toBeLessThan(4)
})

test('names that only begin alike are none of these', () => {
  expect(name('m')('mirror/app')).toBe('mmirror/app')
  expect(name('mirror')('mirrors/app')).toBe('mirrormirrors/app')
  expect(name('mirror/', true)('mirror/app')).toBe('mirror/app')
})
