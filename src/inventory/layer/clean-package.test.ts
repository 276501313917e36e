import { expect, it } from 'bun:test'
import { cleanPackage } from './clean-package.ts'

it('names and versions that reach rows are short texts without control characters', () => {
  const good = { type: 'npm', name: '@scope/name', version: '1.0.0' } as const
  expect(cleanPackage(good)).toEqual(good)
  for (const bad of ['', 'a\0b', 'a\nb', '\u001b[31m', '\ud800', 'x'.repeat(1025)]) {
    expect(cleanPackage({ ...good, name: bad })).toBeUndefined()
    expect(cleanPackage({ ...good, version: bad })).toBeUndefined()
    const more = {
      source: { name: bad, version: '1' },
      arch: bad,
      licenses: [bad, 'MIT'],
      qualifiers: { [bad]: 'x', good: 'y' },
    }
    expect(cleanPackage({ ...good, ...more })).toEqual({ ...good, licenses: ['MIT'], qualifiers: { good: 'y' } })
  }
})

it('nothing that an analyzer adds goes on', () => {
  const found = { type: 'npm', name: 'a', version: '1', more: 'x' } as const
  expect(cleanPackage(found)).toEqual({ type: 'npm', name: 'a', version: '1' })
  const licenses = Array.from({ length: 100 }, (_, index) => `L${index}`)
  expect(cleanPackage({ type: 'npm', name: 'a', version: '1', licenses })?.licenses).toHaveLength(32)
})
