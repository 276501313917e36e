import { compareDigits, endOfRun, isDigit, isLetter } from './digits.ts'
import { InvalidVersion } from './invalid-version.ts'

/** What words begin with that come before a release, and after it; `#` stands for a number. Any other comes before all. */
const FORMS: readonly (readonly [start: string, rank: number])[] = [
  ...([
    ['dev', 0],
    ['a', 1],
    ['b', 2],
    ['RC', 3],
    ['rc', 3],
    ['#', 4],
    ['p', 5],
  ] as const),
]
const NUMBER = 4
const UNKNOWN = -1

/** The order of Packagist's versions, which is that of PHP's version_compare. @throws InvalidVersion */
export function compareComposer(a: string, b: string): number {
  const left = parts(a)
  const right = parts(b)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareParts(left[i], right[i])
    if (order !== 0) return order
  }
  return 0
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a !== undefined && b !== undefined && isDigit(a, 0) && isDigit(b, 0)) return compareDigits(a, b)
  // Behind the end a number is more than nothing, and a word is compared with one.
  if (a === undefined) return b !== undefined && isDigit(b, 0) ? -1 : Math.sign(NUMBER - rank(b))
  if (b === undefined) return isDigit(a, 0) ? 1 : Math.sign(rank(a) - NUMBER)
  return Math.sign(rank(a) - rank(b))
}

function rank(part: string | undefined): number {
  if (part === undefined || isDigit(part, 0)) return NUMBER
  return FORMS.find(([start]) => part.startsWith(start))?.[1] ?? UNKNOWN
}

/** `1.0rc1` is `1`, `0`, `rc`, `1`. */
function parts(version: string): string[] {
  const text = /^[vV]\d/.test(version) ? version.slice(1) : version
  if (!/^[\x21-\x7e]+$/.test(text)) throw new InvalidVersion('Packagist', version)
  const found: string[] = []
  for (let at = 0; at < text.length;) {
    const digits = endOfRun(text, at, isDigit)
    const end = digits > at ? digits : endOfRun(text, at, isLetter)
    if (end > at) found.push(text.slice(at, end))
    at = Math.max(end, at + 1)
  }
  return found
}
