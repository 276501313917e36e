import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { parseStrictJson } from '../../src/oci/strict-json.ts'
import { runs, SEED } from './parameters.ts'

function parse(text: string): unknown {
  return parseStrictJson(new TextEncoder().encode(text))
}

/** Every code unit as `\\uXXXX`. */
function escapedWherePossible(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'))
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`
}

/** Text with spaces in random places and characters escaped that need not be. */
function written(value: unknown, random: () => number): string {
  const space = () => [' ', '\n', '\t', '\r', '', ''][Math.floor(random() * 6)] ?? ''
  const list = (open: string, items: string[], close: string) =>
    `${open}${space()}${items.map((item) => `${item}${space()}`).join(`,${space()}`)}${close}`
  const text = (string: string) => (random() < 0.5 ? JSON.stringify(string) : escapedWherePossible(string))
  const write = (part: unknown): string => {
    if (Array.isArray(part)) return list('[', part.map(write), ']')
    if (typeof part === 'object' && part !== null)
      return list(
        '{',
        Object.entries(part).map(([key, child]) => `${text(key)}${space()}:${space()}${write(child)}`),
        '}',
      )
    return typeof part === 'string' ? text(part) : JSON.stringify(part)
  }
  return space() + write(value) + space()
}

const values = fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' })

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof SyntaxError) return 'refused'
    throw error
  }
}

describe(`strict JSON (BERTH_TEST_SEED=${SEED})`, () => {
  it('agrees with JSON.parse on everything that is valid and unambiguous', () => {
    fc.assert(
      fc.property(
        values,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        (value, stream) => {
          const text = written(value, () => stream.next().value ?? 0)
          expect(parse(text)).toEqual(JSON.parse(text))
        },
      ),
      runs(500),
    )
  })

  it('refuses with SyntaxError whatever JSON.parse refuses', () => {
    const alphabet = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      'a',
      '1',
      '-',
      '.',
      'e',
      ' ',
      'true',
      'null',
      '"k"',
    )
    const texts = fc.oneof(
      fc.array(alphabet, { maxLength: 20 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const wellFormed = new TextDecoder().decode(new TextEncoder().encode(text))
        const ordinary = outcome(() => JSON.parse(wellFormed))
        const strict = outcome(() => parse(text))
        // Strict may refuse more, and never understands anything otherwise.
        if (strict !== 'refused') expect(strict).toEqual(ordinary)
      }),
      runs(3000),
    )
  })

  it('refuses a key that is there twice, at any depth and however it is escaped', () => {
    const keys = fc.string({ unit: 'grapheme', maxLength: 8 })
    const wraps = fc.array(fc.constantFrom(['[', ']'], ['{"other":', '}'], ['[{},{"a":[1]},', ']']), { maxLength: 20 })
    fc.assert(
      fc.property(keys, values, wraps, fc.boolean(), (key, value, around, hidden) => {
        const again = hidden ? escapedWherePossible(key) : JSON.stringify(key)
        const twice = `{${JSON.stringify(key)}:${JSON.stringify(value)},"between \\" {":[],${again}:null}`
        const whole = around.reduce((inner, [open, close]) => `${open}${inner}${close}`, twice)
        expect(() => JSON.parse(whole)).not.toThrow()
        expect(() => parse(whole)).toThrow(SyntaxError)
      }),
      runs(500),
    )
  })

  it('accepts the same key in objects beside and within each other', () => {
    expect(parse('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":3}}')).toEqual({ a: { a: [{ a: 1 }, { a: 2 }] }, b: { a: 3 } })
    expect(parse('["a","a",{"a":"a"}]')).toEqual(['a', 'a', { a: 'a' }])
    expect(parse('{"__proto__":1,"constructor":2}')).toEqual(JSON.parse('{"__proto__":1,"constructor":2}'))
  })

  it('refuses more than 64 levels without overflowing, however many', () => {
    for (const depth of [1, 63, 64]) expect(() => parse('['.repeat(depth) + ']'.repeat(depth))).not.toThrow()
    for (const depth of [65, 100, 100_000, 2_000_000])
      expect(() => parse('['.repeat(depth) + ']'.repeat(depth))).toThrow(SyntaxError)
  })

  it('refuses a byte order mark and what is not UTF-8', () => {
    expect(() => parseStrictJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]))).toThrow(SyntaxError)
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0xff, 0xfe],
    ])
      expect(() => parseStrictJson(new Uint8Array(bytes))).toThrow(SyntaxError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => void outcome(() => parseStrictJson(bytes))),
      runs(1000),
    )
  })

  it('takes linear time: 4 MiB of keys, quotes, backslashes or brackets in less than 2 s', () => {
    const size = 4 * 1024 * 1024
    const keys = `{${Array.from({ length: size / 16 }, (_, at) => `"key${at}":0`).join(',')}}`
    for (const text of [
      keys,
      `"${'\\'.repeat(size)}`,
      `[${'"",'.repeat(size / 3)}0]`,
      `"a"${' '.repeat(size)}`,
      '"'.repeat(size),
    ]) {
      const startedAt = performance.now()
      outcome(() => parse(text))
      expect(performance.now() - startedAt).toBeLessThan(2000)
    }
  })
})
