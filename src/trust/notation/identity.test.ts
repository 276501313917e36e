import { describe, expect, it } from 'bun:test'
import type { DistinguishedName } from './distinguished-name.ts'
import { matches, overlap, parseIdentity } from './identity.ts'

const said = (text: string) => parseIdentity(`x509.subject: ${text}`)
const attributes = (text: string) => {
  const identity = said(text)
  return identity === '*' ? {} : Object.fromEntries(identity)
}

describe('parseIdentity', () => {
  it('reads attributes in any order, any case of the type, S for ST, and spaces around', () => {
    const expected = { C: 'US', ST: 'WA', O: 'example', CN: 'ci' }
    expect(attributes('C=US, ST=WA, O=example, CN=ci')).toEqual(expected)
    expect(attributes('  cn = ci ,o=example,S=WA,  C =US ')).toEqual(expected)
  })

  it.each([
    ['O=a\\,b', 'a,b'],
    ['O=a\\2cb', 'a,b'],
    ['O=a\\;b\\+c\\"d\\<e\\>f', 'a;b+c"d<e>f'],
    ['O=a\\\\b', 'a\\b'],
    ['O=\\ a\\ ', ' a '],
    ['O=\\ \\20a', '  a'],
    ['O=\\#a', '#a'],
    ['O=a=b', 'a=b'],
    ['O=\\c3\\a4', 'ä'],
    ['O=😀 x', '😀 x'],
  ])('%s', (text, value) => {
    expect(attributes(`C=US,ST=WA,${text}`)).toMatchObject({ O: value })
  })

  it.each([
    '',
    '**',
    'C=US, ST=WA, O=example',
    'x509.subject:',
    'x509.subject: ,',
    'x509.subject: C=US, ST=WA',
    'x509.subject: C=US, ST=WA, O=',
    'x509.subject: C=US, ST=WA, O=a, O=b',
    'x509.subject: C=US, ST=WA, S=WA, O=a',
    'x509.subject: C=US, ST=WA, O=a+CN=b',
    'x509.subject: C=US, ST=WA, O=a; CN=b',
    'x509.subject: C=US, ST=WA, O="a"',
    'x509.subject: C=US, ST=WA, O=#0c0161',
    'x509.subject: C=US, ST=WA, O=a, 1.2.3=b',
    'x509.subject: C=US, ST=WA, O=a, example',
    'x509.subject: C=US, ST=WA, O=a\\',
    'x509.subject: C=US, ST=WA, O=a\\xb',
    'x509.subject: C=US, ST=WA, O=\\ff',
    'x509.subject: C=US, ST=WA, O=a,',
    'x509.key: C=US, ST=WA, O=a',
  ])('refuses %j', (text) => {
    expect(() => parseIdentity(text)).toThrow(/is not accepted: one /)
  })
})

describe('overlap', () => {
  const one = said('C=US, ST=WA, O=a')
  it.each<[string, boolean]>([
    ['C=US, ST=WA, O=a', true],
    ['C=US, ST=WA, O=a, OU=b', true],
    ['C=US, ST=WA, O=b', false],
    ['C=US, ST=CA, O=a, OU=b', false],
  ])('%s', (text, expected) => {
    expect([overlap(one, said(text)), overlap(said(text), one)]).toEqual([expected, expected])
  })

  it('everything overlaps with everybody', () => {
    expect([overlap('*', one), overlap(one, '*')]).toEqual([true, true])
  })
})

describe('matches', () => {
  const identity = said('C=US, ST=WA, O=a')
  const subject = (...parts: readonly (readonly [string, string | undefined])[]): DistinguishedName =>
    parts.map(([type, value]) => [{ type, value }])
  const exact = [
    ['C', 'US'],
    ['ST', 'WA'],
    ['O', 'a'],
  ] as const

  it('a subject that has it all, and more', () => {
    expect(matches(identity, subject(...exact))).toBe(true)
    expect(matches(identity, subject(...exact, ['CN', 'x'], ['1.2.3', undefined]))).toBe(true)
    expect(matches('*', [])).toBe(true)
  })

  it('no other value, none that is missing, is there twice, shares its place, or is no text', () => {
    const [country, state] = exact
    for (const last of [[], [['O', 'ab']], [['O', 'A']], [['O', undefined]], [['O', 'a\0']], [['OU', 'a']]] as const)
      expect(matches(identity, subject(country, state, ...last))).toBe(false)
    expect(matches(identity, subject(...exact, ['O', 'b']))).toBe(false)
    expect(
      matches(identity, [
        ...subject(country, state),
        [
          { type: 'O', value: 'a' },
          { type: 'CN', value: 'b' },
        ],
      ]),
    ).toBe(false)
  })
})
