import { compareDigits, compareText, endOfRun, isDigit } from './digits.ts'
import { InvalidVersion } from './invalid-version.ts'

/**
 * The order of semantic versions (npm, Go, crates.io), as loose as what is found: a `v` before it, missing or more
 * numbers, a pre-release without its hyphen. What stands behind a plus does not count. @throws InvalidVersion
 */
export function compareSemver(a: string, b: string): number {
  const left = parse(a, 'semver')
  const right = parse(b, 'semver')
  return compareNumbers(left.numbers, right.numbers) || comparePreReleases(left.preRelease, right.preRelease)
}

/** The same, where large and small letters are one. @throws InvalidVersion */
export function compareNuget(a: string, b: string): number {
  const left = parse(a.toLowerCase(), 'NuGet')
  const right = parse(b.toLowerCase(), 'NuGet')
  return compareNumbers(left.numbers, right.numbers) || comparePreReleases(left.preRelease, right.preRelease)
}

interface SemanticVersion {
  readonly numbers: readonly string[]
  /** Undefined: it is a release. */
  readonly preRelease: readonly string[] | undefined
}

function parse(version: string, what: string): SemanticVersion {
  const plus = version.indexOf('+')
  const text = plus < 0 ? version : version.slice(0, plus)
  const numbers: string[] = []
  let at = /^[vV=]/.test(text) ? 1 : 0
  for (;;) {
    const end = endOfRun(text, at, isDigit)
    if (end === at) throw new InvalidVersion(what, version)
    numbers.push(text.slice(at, end))
    at = end
    if (text[at] !== '.' || !isDigit(text, at + 1)) break
    at++
  }
  const rest = text.slice(text[at] === '-' ? at + 1 : at)
  if (rest === '') return { numbers, preRelease: undefined }
  if (!/^[0-9A-Za-z._-]+$/.test(rest)) throw new InvalidVersion(what, version)
  return { numbers, preRelease: rest.split('.') }
}

function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compareDigits(a[i] ?? '0', b[i] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

/** https://semver.org, 11 */
function comparePreReleases(a: readonly string[] | undefined, b: readonly string[] | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i]
    const right = b[i]
    if (left === undefined) return -1
    if (right === undefined) return 1
    const order = compareIdentifiers(left, right)
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifiers(a: string, b: string): number {
  const isNumberA = isNumber(a)
  const isNumberB = isNumber(b)
  if (isNumberA && isNumberB) return compareDigits(a, b)
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  return compareText(a, b)
}

function isNumber(text: string): boolean {
  return text !== '' && endOfRun(text, 0, isDigit) === text.length
}
