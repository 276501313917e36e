import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { parseNextPath } from './next-path.ts'

const ORIGIN = 'https://berth.test'

describe('where to go after signing in', () => {
  it.each(['/', '/projects/team', '/a?b=c&d=%2F#e', '/%5cevil', '/%2f%2fevil', '/a//b', '/@evil', '/..//evil'])(
    '%p is a path of ours',
    (text) => {
      expect(parseNextPath(text)).toBe(text)
      expect(new URL(parseNextPath(text), ORIGIN).origin).toBe(ORIGIN)
    },
  )

  it.each([
    '',
    'evil',
    '//evil',
    '///evil',
    '/\\evil',
    '\\/evil',
    '\\\\evil',
    '/\t/evil',
    '/\n/evil',
    '/\r\n/evil',
    '\t//evil',
    ' //evil',
    '/a\\b',
    '/a b',
    '/ä',
    '/\u0000',
    '/\u2028/evil',
    'https://evil.test/',
    'HTTPS:evil',
    'javascript:alert(1)',
    'data:text/html,x',
    '@evil',
    `/${'a'.repeat(1024)}`,
  ])('%p is not', (text) => {
    expect(parseNextPath(text)).toBe('/')
  })

  it('never leaves, whatever it is given', () => {
    const hostile = fc.constantFrom(
      '/',
      '//',
      '\\',
      '\t',
      '\n',
      '\r',
      '%5c',
      '%2f',
      '@',
      ':',
      '.',
      '..',
      'evil.test',
      '#',
      '?',
    )
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(hostile, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.array(hostile, { maxLength: 8 }).map((parts) => `/${parts.join('')}`),
      fc.webUrl(),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseNextPath(text)
        expect(new URL(result, ORIGIN).origin).toBe(ORIGIN)
        expect(parseNextPath(result)).toBe(result)
      }),
      { numRuns: 2000 },
    )
  })
})
