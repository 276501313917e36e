import { expect, test } from 'bun:test'
import { matchesPattern } from '../lib/name-pattern.ts'
import { isRepositoryName } from '../oci/name.ts'
import { isPossiblePattern } from './possible-pattern.ts'
import { parseRepositorySelector } from './repository-selector.ts'

/** Every text of one to four of these letters. */
function texts(letters: string): string[] {
  let longest = ['']
  const all: string[] = []
  for (let length = 1; length <= 4; length++) {
    longest = longest.flatMap((text) => [...letters].map((letter) => text + letter))
    all.push(...longest)
  }
  return all
}

test('a pattern is possible exactly when there is a name that it matches', () => {
  const names = texts('a._-/').filter((text) => isRepositoryName(text))
  const wrong = texts('a._-/*').filter(
    (pattern) => isPossiblePattern(pattern) !== names.some((name) => matchesPattern(pattern, name)),
  )
  expect(wrong).toEqual([])
})

test('a rule of a project refuses one that is not', () => {
  for (const text of ['../x', '/app', 'app/', 'a//b', '.', 'app.', 'a.-b', '-*', 'a___b'])
    expect(() => parseRepositorySelector(text)).toThrow(`the pattern "${text}" matches no name of a repository`)
  for (const text of ['', '*', '**', 'app', 'app/*', '*-dev', 'a__b', '**/x.y'])
    expect(parseRepositorySelector(text)).toBe(text)
})
