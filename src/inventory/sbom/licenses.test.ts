import { expect, it } from 'bun:test'
import { findExpression, isIdentifier, sortLicenses } from './licenses.ts'

it.each([
  ['MIT', 'MIT'],
  ['apache-2.0', 'Apache-2.0'],
  ['MIT AND (BSD-3-Clause OR GPL-2.0-or-later)', 'MIT AND (BSD-3-Clause OR GPL-2.0-or-later)'],
  ['(MIT)', '(MIT)'],
  ['((MIT) OR ISC)', '((MIT) OR ISC)'],
  ['Apache-2.0+', 'Apache-2.0+'],
  ['GPL-2.0-only WITH Classpath-exception-2.0 AND MIT', 'GPL-2.0-only WITH Classpath-exception-2.0 AND MIT'],
])('%p is the expression %p', (text, expression) => {
  expect(findExpression(text)).toBe(expression)
})

it.each([
  ...['', ' ', 'GPLv2+', 'BSD', 'MIT BSD', 'MIT and ISC', 'MIT AND', 'AND MIT', '(MIT', 'MIT)', '()', ')MIT('],
  ...['MIT WITH', 'MIT WITH ISC', 'Classpath-exception-2.0', 'MIT WITH Classpath-exception-2.0 WITH LLVM-exception'],
  ...['(MIT) WITH LLVM-exception', '(MIT WITH) LLVM-exception', 'LicenseRef-mine', 'NONE', 'MIT OR (AND)'],
])('%p is none', (text) => {
  expect(findExpression(text)).toBeUndefined()
})

it('what a package says is sorted into expressions and names', () => {
  const said = sortLicenses(['mit', ' GPLv2+ ', 'MIT', 'MIT OR ISC', '', 'Artistic'])
  expect(said).toEqual({ expressions: ['MIT', 'MIT OR ISC'], names: ['Artistic', 'GPLv2+'] })
  expect(said.expressions.map(isIdentifier)).toEqual([true, false])
})

it('a text without an end costs little', () => {
  const started = performance.now()
  sortLicenses(Array<string>(100_000).fill('('.repeat(100_000)))
  expect(findExpression(`${'('.repeat(200_000)}MIT${')'.repeat(200_000)}`)).toBeDefined()
  expect(performance.now() - started).toBeLessThan(2000)
})
