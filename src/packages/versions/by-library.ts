import { compare as comparePep440, valid as validPep440 } from '@renovatebot/pep440'
import { eq, lt, valid as validRuby } from '@renovatebot/ruby-semver'
import { compare as compareComparable } from 'mvncmp'
import { InvalidVersion } from './invalid-version.ts'

/** These are not ours: what they do with a very long text was never asked of them. */
const MAX_LENGTH = 256

/** PEP 440. @throws InvalidVersion */
export function comparePypi(a: string, b: string): number {
  requireShort('PyPI', a, b)
  for (const version of [a, b]) if (validPep440(version) === null) throw new InvalidVersion('PyPI', version)
  return comparePep440(a, b)
}

/** Maven's ComparableVersion, which takes any text. @throws InvalidVersion when it is too long, or none */
export function compareMaven(a: string, b: string): number {
  requireShort('Maven', a, b)
  return Math.sign(compareComparable(a, b))
}

/** Gem::Version. @throws InvalidVersion */
export function compareRuby(a: string, b: string): number {
  requireShort('RubyGems', a, b)
  for (const version of [a, b]) if (validRuby(version) === null) throw new InvalidVersion('RubyGems', version)
  if (eq(a, b)) return 0
  return lt(a, b) ? -1 : 1
}

function requireShort(what: string, ...versions: readonly string[]): void {
  for (const version of versions)
    if (version.length > MAX_LENGTH || version.trim() === '') throw new InvalidVersion(what, version)
}
