import { compareDigits, compareText } from './digits.ts'
import { InvalidVersion } from './invalid-version.ts'

/** The order of Alpine's packages: `1.2.3a_rc1_p2~commit-r4` (apk-package(5)). @throws InvalidVersion */
export function compareApk(a: string, b: string): number {
  const left = parse(a)
  const right = parse(b)
  return (
    compareNumbers(left.numbers, right.numbers) ||
    compareText(left.letter, right.letter) ||
    compareSuffixes(left.suffixes, right.suffixes) ||
    compareText(left.commit, right.commit) ||
    compareDigits(left.release, right.release)
  )
}

interface ApkVersion {
  readonly numbers: readonly string[]
  readonly letter: string
  readonly suffixes: readonly Suffix[]
  readonly commit: string
  readonly release: string
}

interface Suffix {
  readonly rank: number
  readonly number: string
}

/** The nothing in the middle: some suffixes come before a release, others after it. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p']
const NONE: Suffix = { rank: SUFFIXES.indexOf(''), number: '' }

const PATTERN = /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~([0-9a-f]+))?(?:-r(\d*))?$/

function parse(version: string): ApkVersion {
  const [, numbers, letter = '', suffixes = '', commit = '', release = ''] = PATTERN.exec(version) ?? []
  if (numbers === undefined) throw new InvalidVersion('Alpine', version)
  const parsed = suffixes.split('_').slice(1).map(parseSuffix)
  if (parsed.some(({ rank }) => rank < 0)) throw new InvalidVersion('Alpine', version)
  return { numbers: numbers.split('.'), letter, suffixes: parsed, commit, release }
}

function parseSuffix(text: string): Suffix {
  const word = /^[a-z]*/.exec(text)?.[0] ?? ''
  return { rank: SUFFIXES.indexOf(word), number: text.slice(word.length) }
}

function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i]
    const right = b[i]
    if (left === undefined) return -1
    if (right === undefined) return 1
    // With a zero before it, a number that is not the first is one behind a decimal point.
    const isFraction = i > 0 && (left.startsWith('0') || right.startsWith('0'))
    const order = (isFraction ? compareText : compareDigits)(left, right)
    if (order !== 0) return order
  }
  return 0
}

function compareSuffixes(a: readonly Suffix[], b: readonly Suffix[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i] ?? NONE
    const right = b[i] ?? NONE
    if (left.rank !== right.rank) return left.rank < right.rank ? -1 : 1
    const order = compareDigits(left.number, right.number)
    if (order !== 0) return order
  }
  return 0
}
