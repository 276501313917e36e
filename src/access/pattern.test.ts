import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { matchesPattern } from '../lib/name-pattern.ts'
import { parsePattern } from './pattern.ts'

describe('matchesPattern', () => {
  it.each([
    ['app', ['app']],
    ['*', ['app', 'app-2']],
    ['app*', ['app', 'app-2']],
    ['*/*', ['app/web', 'db/web']],
    ['app/*', ['app/web']],
    ['app/**', ['app/web', 'app/web/x']],
    ['**', ['app', 'app-2', 'app/web', 'app/web/x', 'db/web']],
    ['**/web', ['app/web', 'db/web']],
    ['**/web/**', ['app/web/x']],
    ['**web**', ['app/web', 'app/web/x', 'db/web']],
    ['***', ['app', 'app-2', 'app/web', 'app/web/x', 'db/web']],
    ['a.p', []],
    ['ap', []],
    ['', []],
  ])('%s matches whole names only', (pattern, expected) => {
    const names = ['app', 'app-2', 'app/web', 'app/web/x', 'db/web']
    expect(names.filter((name) => matchesPattern(pattern, name))).toEqual(expected)
  })

  it('a star stands for nothing too', () => {
    expect(['*', '**', '***', ''].map((pattern) => matchesPattern(pattern, ''))).toEqual([true, true, true, true])
    expect([matchesPattern('app*', 'app'), matchesPattern('**app', 'app'), matchesPattern('app/**', 'app')]).toEqual([
      true,
      true,
      false,
    ])
  })

  it('is what the same regular expression says', () => {
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 10 })
    fc.assert(
      fc.property(text('ab/.**'), text('aab/.'), (pattern, name) => {
        expect(matchesPattern(pattern, name)).toBe(asExpression(pattern).test(name))
      }),
      { numRuns: 5000 },
    )
  })

  it('a pattern made from a name by leaving parts out matches that name', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(part, fc.constantFrom('keep', '*', '**')), { minLength: 1, maxLength: 6 }),
        (parts) => {
          const name = parts.map(([text]) => text).join('/')
          const pattern = parts.map(([text, how]) => (how === 'keep' ? text : how)).join('/')
          expect(matchesPattern(pattern, name)).toBe(true)
        },
      ),
    )
  })

  it('takes no longer than pattern times name, whatever either holds', () => {
    const started = performance.now()
    for (const pattern of ['*a'.repeat(127), '**a'.repeat(85), '*'.repeat(255), '**/'.repeat(85)])
      for (const name of ['a'.repeat(65_536), '/'.repeat(65_536), 'a/'.repeat(32_768)])
        matchesPattern(`${pattern}b`, name)
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

/** `**` is any text, `*` any without a slash, everything else itself. */
function asExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*|\*|./g, (found) =>
    found === '**' ? '.*' : found === '*' ? '[^/]*' : found.replace(/[.]/, '\\.'),
  )
  return new RegExp(`^${source}$`)
}

describe('parsePattern', () => {
  it.each(['app', 'team/**', '*', 'a.b_c-d/0*', 'x'.repeat(255)])('takes %s as it is', (text) => {
    expect(parsePattern(text)).toBe(text)
  })

  it.each([
    ['nothing', ''],
    ['upper case', 'App'],
    ['a question mark', 'ap?'],
    ['a class', '[a-z]'],
    ['a blank', 'a b'],
    ['a line feed at the end', 'app\n'],
    ['a NUL', 'app\0'],
    ['what looks like a letter', 'аpp'],
    ['256 characters', 'x'.repeat(256)],
    ['64 KiB', '*'.repeat(65_536)],
  ])('refuses %s, and quotes little of it', (_, text) => {
    expect(() => parsePattern(text)).toThrow(/^the pattern ".{0,50}" may have/s)
  })
})
