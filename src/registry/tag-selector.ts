import { Problem } from '../lib/problem.ts'

/** Says of tags whether a rule is about them. */
export interface TagSelector {
  /** As it was written, without blanks around it. */
  readonly text: string
  readonly matches: (tag: string) => boolean
}

type Matches = TagSelector['matches']

const MAX_SELECTOR = 255
const KINDS: Readonly<Record<string, (text: string) => Matches | Promise<Matches>>> = {
  glob: globMatcher,
  regex: regexMatcher,
  semver: (text) => rangeMatcher(text, false),
  'semver-pre': (text) => rangeMatcher(text, true),
}

/**
 * `v*` or `glob:v*,latest` (`*` any characters, `?` one), `regex:v\d+` (RE2, always the whole tag), `semver:>=1.2 <2` (npm's
 * ranges; `semver-pre:` takes prereleases as any other version), and `!` before any of them for all other tags. Matching
 * takes time linear in the tag, whatever was written. What the kinds need is loaded with the first of each.
 * @throws Problem
 */
export async function parseTagSelector(written: string): Promise<TagSelector> {
  const text = written.trim()
  if (text.length > MAX_SELECTOR) throw invalid(text, `has more than ${MAX_SELECTOR} characters`)
  const negated = text.startsWith('!')
  const rest = negated ? text.slice(1).trimStart() : text
  const [, kind = 'glob', body = ''] = /^(?:([a-z-]+):)?(.*)$/s.exec(rest) ?? []
  const compile = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (compile === undefined) throw invalid(text, `begins with none of ${Object.keys(KINDS).join(':, ')}:`)
  if (body.trim() === '') throw invalid(text, 'names no tags; "*" is all of them')
  const matches = await compile(body.trim())
  return { text, matches: negated ? (tag) => !matches(tag) : matches }
}

function invalid(text: string, why: string): Problem {
  return new Problem('invalid', `the tag selector "${text.slice(0, 50)}" ${why}`)
}

const GLOB = /^[a-zA-Z0-9_.*?-]+$/

function globMatcher(text: string): Matches {
  const alternatives = text.split(',').map((alternative) => alternative.trim())
  if (alternatives.some((alternative) => alternative.startsWith('!')))
    throw invalid(text, 'has a "!" inside: it stands once before the whole selector, as in "!v*,latest"')
  if (!alternatives.every((alternative) => GLOB.test(alternative)))
    throw invalid(text, 'may have letters, digits, "_", ".", "-", "*" and "?", and commas between alternatives')
  return (tag) => alternatives.some((glob) => matchesGlob(glob, tag))
}

/** At most glob times tag: only the last star is ever taken back, and it only grows. */
function matchesGlob(glob: string, tag: string): boolean {
  let at = 0
  let star = -1
  let taken = 0
  for (let n = 0; n < tag.length;) {
    const sign = glob[at]
    if (sign === '*') {
      star = at++
      taken = n
    } else if (sign === '?' || sign === tag[n]) {
      at++
      n++
    } else if (star >= 0) {
      at = star + 1
      n = ++taken
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

/** Of a compiled expression. Each may cost something for each character; a tag then takes at most about a millisecond. */
const MAX_STEPS = 500

async function regexMatcher(text: string): Promise<Matches> {
  const { RE2JS } = await import('re2js')
  const expression = (() => {
    try {
      return RE2JS.compile(text)
    } catch (error) {
      throw invalid(`regex:${text}`, `is no RE2 expression: ${error instanceof Error ? error.message : error}`)
    }
  })()
  if (expression.programSize() > MAX_STEPS) throw invalid(`regex:${text}`, 'repeats too much')
  return (tag) => expression.testExact(tag)
}

/** Tags that are no versions (`latest`, `v1`) match no range. */
async function rangeMatcher(text: string, includePrerelease: boolean): Promise<Matches> {
  const { Range, SemVer } = await import('semver').then((module) => module.default)
  const range = (() => {
    try {
      return new Range(text, { includePrerelease })
    } catch {
      throw invalid(`semver:${text}`, 'is no range of versions such as ">=1.2 <2", "^1.4" or "1.x || 2.x"')
    }
  })()
  return (tag) => {
    if (!LIKE_A_VERSION.test(tag)) return false
    try {
      return range.test(new SemVer(tag))
    } catch {
      return false
    }
  }
}

/** Most tags are no versions at all, and to find that out by an exception would take longest. */
const LIKE_A_VERSION = /^v?\d+\.\d+\.\d/
