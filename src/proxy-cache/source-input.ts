import { parsePattern } from '../access/pattern.ts'
import { parseRepositorySelector } from '../access/repository-selector.ts'
import { Problem } from '../lib/problem.ts'
import { isRepositoryName } from '../oci/name.ts'
import { FRESH_MS, NEGATIVE_MS, type SourceOptions } from './source.ts'

/** Undefined: as it was, or the default. */
export interface OptionsInput {
  readonly allow?: readonly string[] | undefined
  readonly freshMs?: number | undefined
  readonly negativeMs?: number | undefined
  readonly platforms?: readonly string[] | undefined
}

export const DEFAULT_OPTIONS: SourceOptions = { allow: [], freshMs: FRESH_MS, negativeMs: NEGATIVE_MS, platforms: [] }

const MAX_PATTERNS = 100
const MAX_PLATFORMS = 20
const MAX_DAYS = 365
const PLATFORM = /^[a-z0-9]{1,20}\/[a-z0-9_]{1,20}(?:\/[a-z0-9.]{1,20})?$/
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?$/

/** What stands before the rest of a name at the remote: `library/`. Without the slash it is meant too. @throws Problem */
export function parsePrefix(text: string): string {
  if (text === '') return ''
  const path = text.replace(/\/$/, '')
  if (isRepositoryName(path)) return `${path}/`
  throw new Problem(
    'invalid',
    `the prefix "${text.slice(0, 100)}" is no beginning of a repository's name: lower-case letters and digits, separated by "/", ".", "_", "__" or "-", for example library/`,
  )
}

/** @throws Problem */
export function parseOptions(before: SourceOptions, input: OptionsInput): SourceOptions {
  return {
    allow: input.allow === undefined ? before.allow : parseAllow(input.allow),
    freshMs: parseTime('fresh', input.freshMs ?? before.freshMs),
    negativeMs: parseTime('negative', input.negativeMs ?? before.negativeMs),
    platforms: input.platforms === undefined ? before.platforms : parsePlatforms(input.platforms),
  }
}

function parseAllow(texts: readonly string[]): string[] {
  if (texts.length > MAX_PATTERNS) throw new Problem('invalid', `a source has at most ${MAX_PATTERNS} patterns`)
  return distinct(texts.map((text) => parseRepositorySelector(parsePattern(text))))
}

function parseTime(what: string, ms: number): number {
  if (ms >= 0 && ms <= MAX_DAYS * 86_400_000) return ms
  throw new Problem('invalid', `the time "${what}" is at most ${MAX_DAYS} days`)
}

function parsePlatforms(texts: readonly string[]): string[] {
  if (texts.length > MAX_PLATFORMS) throw new Problem('invalid', `a source has at most ${MAX_PLATFORMS} platforms`)
  for (const text of texts)
    if (!PLATFORM.test(text))
      throw new Problem('invalid', `"${text.slice(0, 100)}" is not a platform, for example linux/arm64 or linux/arm/v7`)
  return distinct(texts)
}

/** What clients put in `?ns=`: the host that an image's name begins with. @throws Problem */
export function parseNamespace(text: string): string {
  if (HOST.test(text) && /[.:]|^localhost$/.test(text)) return text
  throw new Problem(
    'invalid',
    `"${text.slice(0, 100)}" is no host that names of images begin with, for example docker.io or registry.example:5000`,
  )
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
