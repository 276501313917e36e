import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { formatScope, parseScopes } from '../../src/auth/scope.ts'
import { isDigest, isDigestLike, parseDigest, parseDigestAlgorithm } from '../../src/oci/digest.ts'
import { OciError } from '../../src/oci/errors.ts'
import { isMediaType, parseContentType } from '../../src/oci/media-type.ts'
import { isRepositoryName, isTag, parseRepositoryName, parseTag } from '../../src/oci/name.ts'
import { formatUploadRange, parseContentRange, parseRangeHeader } from '../../src/oci/range.ts'
import { findableReference, parseReference } from '../../src/oci/reference.ts'
import { parseOciPath } from '../../src/http/oci-path.ts'
import { runs, SEED } from './parameters.ts'

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const digests = fc.oneof(
  hex(64).map((text) => `sha256:${text}`),
  hex(128).map((text) => `sha512:${text}`),
)
const alphanumerics = fc.string({ unit: fc.constantFrom(...'abcxyz0189'), minLength: 1, maxLength: 6 })
const separators = fc.constantFrom('.', '_', '__', '-', '--', '-----')
const components = fc
  .tuple(alphanumerics, fc.array(fc.tuple(separators, alphanumerics), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.flat().join(''))
const names = fc
  .array(components, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('/').slice(0, 255))
  .filter((name) => /[a-z0-9]$/.test(name))
const tags = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/)

/** Texts that are almost right: a right one with something put in, taken out or said twice. */
function near(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(texts, fc.nat(300), fc.string({ unit: 'binary', maxLength: 3 })).map(([text, at, other]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + other + text.slice(place + (at % 2))
  })
}

const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), near(digests), near(names), near(tags))

/** The value, or that an OciError was thrown; anything else fails the property. */
function outcome<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof OciError) return undefined
    throw error
  }
}

describe(`parsers (BERTH_TEST_SEED=${SEED})`, () => {
  it('parse what is right to itself', () => {
    fc.assert(
      fc.property(digests, (text) => parseDigest(text) === text),
      runs(300),
    )
    fc.assert(
      fc.property(names, (text) => parseRepositoryName(text) === text),
      runs(300),
    )
    fc.assert(
      fc.property(tags, (text) => parseTag(text) === text),
      runs(300),
    )
  })

  it('throw OciError only, and agree with the question whether it is one', () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(outcome(() => parseDigest(text)) !== undefined).toBe(isDigest(text))
        expect(outcome(() => parseRepositoryName(text)) !== undefined).toBe(isRepositoryName(text))
        expect(outcome(() => parseTag(text)) !== undefined).toBe(isTag(text))
        outcome(() => parseDigestAlgorithm(text))
        outcome(() => parseContentType(text))
        outcome(() => parseReference(text))
        outcome(() => findableReference(text))
        isDigestLike(text)
      }),
      runs(2000),
    )
  })

  it('accept exactly the grammar of the specification', () => {
    const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/
    fc.assert(
      fc.property(fc.oneof(near(names), near(tags), near(digests)), (text) => {
        expect(isRepositoryName(text)).toBe(text.length <= 255 && NAME.test(text) && !text.includes('\n'))
        expect(isTag(text)).toBe(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(text) && !text.includes('\n'))
        expect(isDigest(text)).toBe(
          (/^sha256:[0-9a-f]{64}$/.test(text) || /^sha512:[0-9a-f]{128}$/.test(text)) && !text.includes('\n'),
        )
      }),
      runs(2000),
    )
  })

  it('nothing that is accepted can leave its place in a path, a URL or a header', () => {
    const unsafe = (text: string) =>
      text.includes('..') || /[^\x21-\x7e]|[%\\?#"<>]/.test(text) || text.startsWith('/') || text.includes('//')
    fc.assert(
      fc.property(anything, (text) => {
        if (isRepositoryName(text) || isDigest(text)) expect(unsafe(text)).toBe(false)
        if (isMediaType(text)) expect(/[^\x21-\x7e]/.test(text)).toBe(false)
        if (isTag(text)) expect(/[/\\%]|^\./.test(text)).toBe(false)
      }),
      runs(2000),
    )
  })

  it('a media type keeps itself whatever parameters follow', () => {
    const types = fc.stringMatching(/^[a-z][a-z0-9.+-]{0,20}\/[a-z][a-z0-9.+-]{0,20}$/)
    fc.assert(
      fc.property(types, fc.string(), (type, rest) => parseContentType(`${type};${rest}`) === type),
      runs(300),
    )
  })

  it('a path below /v2 is read from its right end, whatever the name holds', () => {
    const words = fc.constantFrom('blobs', 'manifests', 'tags', 'uploads', 'referrers', 'list', 'v2')
    const hostile = fc
      .array(fc.oneof(words, components), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join('/'))
    fc.assert(
      fc.property(hostile, digests, (name, digest) => {
        expect(parseOciPath(`/v2/${name}/manifests/${digest}`)).toEqual({ kind: 'manifest', name, reference: digest })
        expect(parseOciPath(`/v2/${name}/tags/list`)).toEqual({ kind: 'tags', name })
        expect(parseOciPath(`/v2/${name}/referrers/${digest}`)).toEqual({ kind: 'referrers', name, reference: digest })
        if (!name.endsWith('/blobs') && name !== 'blobs')
          expect(parseOciPath(`/v2/${name}/blobs/${digest}`)).toEqual({ kind: 'blob', name, reference: digest })
      }),
      runs(500),
    )
    fc.assert(
      fc.property(anything, (text) => void parseOciPath(text)),
      runs(500),
    )
  })
})

describe(`ranges (BERTH_TEST_SEED=${SEED})`, () => {
  const sizes = fc.oneof(fc.nat(1000), fc.maxSafeNat())

  it('a Content-Range is parsed back, and one that ends before it starts is none', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const parsed = parseContentRange(`${a}-${b}`)
        expect(parsed).toEqual(a <= b ? { start: a, end: b } : undefined)
      }),
      runs(500),
    )
  })

  it('an upload’s Range says the last byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (size) => {
        expect(parseContentRange(formatUploadRange(size))).toEqual({ start: 0, end: size - 1 })
      }),
      runs(300),
    )
  })

  it('every range that is served lies within the body', () => {
    const numbers = fc.oneof(fc.constant(''), fc.nat(2000).map(String), fc.maxSafeNat().map(String))
    const one = fc.tuple(numbers, numbers).map(([first, last]) => `${first}-${last}`)
    const headers = fc.oneof(
      fc.array(one, { minLength: 1, maxLength: 5 }).map((ranges) => `bytes=${ranges.join(', ')}`),
      fc.string().map((text) => `bytes=${text}`),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(headers, sizes, (header, size) => {
        for (const { start, end } of parseRangeHeader(header, size) ?? []) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(start).toBeLessThanOrEqual(end)
          expect(end).toBeLessThan(size)
        }
      }),
      runs(2000),
    )
  })

  it('one range is what RFC 9110 says', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(120), fc.nat(120), (size, a, b) => {
        const all = Array.from({ length: size }, (_, index) => index)
        const slice = (header: string) => {
          const [range] = parseRangeHeader(`bytes=${header}`, size) ?? []
          return range === undefined ? [] : all.slice(range.start, range.end + 1)
        }
        expect(slice(`${a}-`)).toEqual(all.slice(a))
        expect(slice(`-${a}`)).toEqual(a === 0 ? [] : all.slice(-a))
        if (a <= b) expect(slice(`${a}-${b}`)).toEqual(all.slice(a, b + 1))
      }),
      runs(500),
    )
  })
})

describe(`scopes (BERTH_TEST_SEED=${SEED})`, () => {
  const actions = fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete', '*'), { minLength: 1 })

  it('are printed and parsed to the same', () => {
    fc.assert(
      fc.property(names, actions, (name, wanted) => {
        const entry = { type: 'repository' as const, name, actions: wanted as ('pull' | 'push' | 'delete' | '*')[] }
        expect(parseScopes([formatScope(entry)])).toEqual([entry])
      }),
      runs(500),
    )
  })

  it('are never widened: only known types, valid names and actions that were asked for, at most sixteen', () => {
    const pieces = fc.oneof(
      fc.constantFrom('repository', 'registry', 'catalog', ':', ',', 'pull', '*', ' ', '(plugin)'),
      names,
      fc.string(),
    )
    const texts = fc.array(
      fc.array(pieces).map((parts) => parts.join('')),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(texts, (parameters) => {
        const entries = parseScopes(parameters)
        expect(entries.length).toBeLessThanOrEqual(16)
        const asked = parameters.join(' ')
        for (const { type, name, actions: granted } of entries) {
          expect(type === 'repository' ? isRepositoryName(name) : name === 'catalog').toBe(true)
          expect(asked).toContain(name)
          for (const action of granted) expect(asked).toContain(action)
        }
      }),
      runs(1000),
    )
  })
})

/** Rows of reliability-security.md §1.5: 64 KiB of anything take linear time, far below what anybody would notice. */
describe('hostile input of 64 KiB', () => {
  const SIZE = 65_536
  const hostile: Readonly<Record<string, string>> = {
    'one letter': 'a'.repeat(SIZE),
    separators: 'a-'.repeat(SIZE / 2),
    dashes: `a${'-'.repeat(SIZE - 2)}/`,
    'underscores and dots': 'a_._'.repeat(SIZE / 4),
    slashes: '/'.repeat(SIZE),
    'short components': 'a/'.repeat(SIZE / 2),
    'colons and commas': ':,'.repeat(SIZE / 2),
    'a digest without an end': `sha256:${'a'.repeat(SIZE - 7)}`,
    'digest separators': `${'a+'.repeat(SIZE / 2 - 1)}:`,
    ranges: `bytes=${'0-1,'.repeat(SIZE / 4)}`,
    'spaces in ranges': `bytes=${' '.repeat(SIZE)}0-1`,
    digits: '9'.repeat(SIZE),
    'spaces between scopes': ' '.repeat(SIZE),
    scopes: 'repository:a:pull '.repeat(SIZE / 18),
    brackets: '('.repeat(SIZE),
    'a type with brackets': `repository${'(a)'.repeat(SIZE / 3)}:a:pull`,
    'escaped colons': '%3a'.repeat(SIZE / 3),
  }
  const parsers: Readonly<Record<string, (text: string) => unknown>> = {
    name: parseRepositoryName,
    tag: parseTag,
    digest: parseDigest,
    'digest of any algorithm': isDigestLike,
    'media type': parseContentType,
    range: (text) => parseRangeHeader(text, 1000),
    'content range': parseContentRange,
    scopes: (text) => parseScopes([text]),
    path: (text) => parseOciPath(`/v2/${text}`),
    reference: parseReference,
  }
  const MOST_MS = 5

  for (const [parser, parse] of Object.entries(parsers))
    it(`takes at most ${MOST_MS} ms in the parser of ${parser}`, () => {
      const slow = Object.entries(hostile).flatMap(([kind, text]) => {
        const ms = fastestOf(3, () => outcome(() => parse(text)))
        return ms <= MOST_MS ? [] : [`${kind}: ${ms.toFixed(1)} ms`]
      })
      expect(slow).toEqual([])
    })

  /** The quickest of a few, so that another process's turn does not count. */
  function fastestOf(times: number, work: () => unknown): number {
    const taken = Array.from({ length: times }, () => {
      const startedAt = performance.now()
      work()
      return performance.now() - startedAt
    })
    return Math.min(...taken)
  }
})
