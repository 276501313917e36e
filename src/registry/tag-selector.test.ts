import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { parseTagSelector } from './tag-selector.ts'

const TAGS = ['latest', 'v1', 'v12', 'v1.2.3', 'v1.3.0-rc.1', '1.4.0', '2.0.0', 'release-1', 'xv1', 'v1x']

describe('what a selector selects', () => {
  it.each([
    ['*', TAGS],
    ['latest', ['latest']],
    ['v*', ['v1', 'v12', 'v1.2.3', 'v1.3.0-rc.1', 'v1x']],
    ['glob:v?', ['v1']],
    ['v1*, release-*', ['v1', 'v12', 'v1.2.3', 'v1.3.0-rc.1', 'release-1', 'v1x']],
    ['regex:v\\d+', ['v1', 'v12']],
    ['regex:^v\\d+$', ['v1', 'v12']],
    ['regex:^v1|v12$', ['v1', 'v12']],
    ['regex:LATEST', []],
    ['regex:(?i)LATEST', ['latest']],
    ['semver:>=1.2 <2', ['v1.2.3', '1.4.0']],
    ['semver:*', ['v1.2.3', '1.4.0', '2.0.0']],
    ['semver-pre:>=1.2 <2', ['v1.2.3', 'v1.3.0-rc.1', '1.4.0']],
    ['semver:>=1.3.0-0 <1.4', ['v1.3.0-rc.1']],
    ['semver:1.2.x || 2.x', ['v1.2.3', '2.0.0']],
    ['!v*,release-*', ['latest', '1.4.0', '2.0.0', 'xv1']],
    ['!latest', TAGS.slice(1)],
    ['! regex:v.*', ['latest', '1.4.0', '2.0.0', 'release-1', 'xv1']],
  ])('%s', async (text, expected) => {
    const { matches } = await parseTagSelector(text)
    expect(TAGS.filter(matches)).toEqual([...expected])
  })

  it('its text is kept without blanks around it', async () => {
    expect((await parseTagSelector('  v* ')).text).toBe('v*')
  })
})

describe('what is no selector', () => {
  it.each([
    ['nothing', '', 'names no tags'],
    ['a negation of nothing', '!', 'names no tags'],
    ['a kind of nothing', 'regex:', 'names no tags'],
    ['an unknown kind', 'prefix:v', 'begins with none of glob:, regex:, semver:, semver-pre:'],
    ['the name of what every object has', 'constructor:v', 'begins with none of'],
    ['two negations', '!!v', 'before the whole selector'],
    ['one alternative negated', 'v*,!latest', 'before the whole selector'],
    ['an alternative of nothing', 'v*,', 'may have letters'],
    ['a class in a glob', '[a-z]', 'may have letters'],
    ['an open group', 'regex:(v', 'is no RE2 expression'],
    ['what RE2 leaves out', 'regex:(?=v)(a)\\1', 'is no RE2 expression'],
    ['more repetitions than RE2 allows', 'regex:(a{100}){100}', 'is no RE2 expression'],
    ['an expression of thousands of steps', 'regex:((a?){30}){30}', 'repeats too much'],
    ['a range of words', 'semver:newest', 'is no range'],
    ['256 characters', 'v'.repeat(256), 'more than 255 characters'],
    ['64 KiB', `regex:${'(a|'.repeat(20_000)}`, 'more than 255 characters'],
  ])('%s', async (_, text, why) => {
    await expect(parseTagSelector(text)).rejects.toThrow(why)
    await expect(parseTagSelector(text)).rejects.toMatchObject({ name: 'Problem', kind: 'invalid' })
  })
})

describe('globs', () => {
  const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 10 })

  it('are what the same regular expression says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text('ab.?**'), { minLength: 1, maxLength: 3 }), text('aab.'), async (globs, tag) => {
        const { matches } = await parseTagSelector(globs.join(','))
        expect(matches(tag)).toBe(globs.some((glob) => asExpression(glob).test(tag)))
      }),
      { numRuns: 5000 },
    )
  })

  function asExpression(glob: string): RegExp {
    const source = glob.replaceAll(/[*?.]/g, (sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : '\\.'))
    return new RegExp(`^(?:${source})$`)
  }
})

describe('what somebody writes on purpose', () => {
  const TAG = 'a'.repeat(128)

  it.each([
    ['stars', `${'*a'.repeat(126)}*b`],
    ['nested repetitions', 'regex:(((a*)*)*)*b'],
    ['optional letters', `regex:${'a?'.repeat(80)}${'a'.repeat(80)}b`],
    ['as many states as are allowed', 'regex:((\\pL?){10}){10}b'],
    ['a choice long ago', 'regex:(a|b)*a(a|b){150}'],
  ])('%s cost a hundred tags no more than half a second', async (_, text) => {
    const { matches } = await parseTagSelector(text)
    const started = performance.now()
    for (let n = 0; n < 100; n++)
      matches(n % 2 === 0 ? TAG : TAG.replace(/a/g, (a, at) => ((n >> (at % 10)) & 1 ? 'b' : a)))
    expect(performance.now() - started).toBeLessThan(500)
  })
})
