import { expect, test } from 'bun:test'
import { DEFAULT_OPTIONS, parseNamespace, parseOptions, parsePrefix } from './source-input.ts'

test.each([
  ['', ''],
  ['library', 'library/'],
  ['library/', 'library/'],
  ['a/b-c/d', 'a/b-c/d/'],
])('the prefix %p', (text, prefix) => {
  expect(parsePrefix(text)).toBe(prefix)
})

test.each(['/', '/library', 'library//', 'Library/', '../', 'a/../b', 'a b', `${'a'.repeat(300)}`])(
  'no prefix: %p',
  (text) => {
    expect(() => parsePrefix(text)).toThrow('no beginning of a repository')
  },
)

test.each(['docker.io', 'registry.example:5000', 'localhost', 'localhost:5000', '10.0.0.1:80'])(
  'the namespace %p',
  (text) => {
    expect(parseNamespace(text)).toBe(text)
  },
)

test.each(['', 'hub', 'Docker.io', 'docker.io/library', 'a.b:', 'a.b:123456', '.io', 'https://docker.io'])(
  'no namespace: %p',
  (text) => {
    expect(() => parseNamespace(text)).toThrow('is no host')
  },
)

test('what is not said stays, and what is said twice counts once', () => {
  const before = parseOptions(DEFAULT_OPTIONS, { allow: ['a/*', 'a/*'], freshMs: 5, platforms: ['linux/arm/v7'] })
  expect(before).toEqual({ allow: ['a/*'], freshMs: 5, negativeMs: 60_000, platforms: ['linux/arm/v7'] })
  expect(parseOptions(before, {})).toEqual(before)
  expect(parseOptions(before, { allow: [], negativeMs: 0, platforms: [] })).toEqual({
    ...{ allow: [], freshMs: 5, negativeMs: 0, platforms: [] },
  })
})

test.each([
  [{ allow: ['A*'] }, 'the pattern "A*"'],
  [{ allow: [''] }, 'the pattern ""'],
  [{ allow: ['../x'] }, 'matches no name of a repository'],
  [{ allow: Array.from({ length: 101 }, (_, index) => `a${index}`) }, 'at most 100 patterns'],
  [{ platforms: ['arm64'] }, '"arm64" is not a platform'],
  [{ platforms: ['linux/arm/v7/x'] }, 'is not a platform'],
  [{ freshMs: 366 * 86_400_000 }, '"fresh" is at most 365 days'],
  [{ negativeMs: -1 }, '"negative" is at most 365 days'],
])('no options: %p', (input, message) => {
  expect(() => parseOptions(DEFAULT_OPTIONS, input)).toThrow(message)
})
