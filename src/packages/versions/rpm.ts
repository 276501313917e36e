import { compareDigits, compareText, endOfRun, isDigit, isLetter, splitEpoch } from './digits.ts'
import { InvalidVersion } from './invalid-version.ts'

/**
 * The order of rpm's packages, `[epoch:]version[-release]`. One without a release comes before those with any.
 * @throws InvalidVersion
 */
export function compareRpm(a: string, b: string): number {
  const left = parse(a)
  const right = parse(b)
  return (
    compareDigits(left.epoch, right.epoch) ||
    compareLabel(left.version, right.version) ||
    compareReleases(left.release, right.release)
  )
}

function compareReleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  return compareLabel(a, b)
}

function parse(version: string) {
  // What stands before a colon and is no number is no epoch either.
  const split = splitEpoch(version) ?? { epoch: '0', rest: version }
  if (split.rest === '' || /\s/.test(version)) throw new InvalidVersion('rpm', version)
  const hyphen = split.rest.indexOf('-')
  if (hyphen < 0) return { epoch: split.epoch, version: split.rest, release: undefined }
  return { epoch: split.epoch, version: split.rest.slice(0, hyphen), release: split.rest.slice(hyphen + 1) }
}

/** rpmvercmp: runs of digits and of letters, the rest only separates them. */
function compareLabel(a: string, b: string): number {
  let i = 0
  let j = 0
  for (;;) {
    i = endOfRun(a, i, isSeparator)
    j = endOfRun(b, j, isSeparator)
    const mark = compareMarks(a[i], b[j])
    if (mark === 'both') {
      i++
      j++
      continue
    }
    if (mark !== 0) return mark
    const left = runAt(a, i)
    const right = runAt(b, j)
    if (left === '' || right === '') return Math.sign(left.length - right.length)
    const order = compareRuns(left, right)
    if (order !== 0) return order
    i += left.length
    j += right.length
  }
}

function runAt(text: string, at: number): string {
  return text.slice(at, endOfRun(text, at, isDigit(text, at) ? isDigit : isLetter))
}

/** A number is newer than letters. */
function compareRuns(a: string, b: string): number {
  const isNumber = isDigit(a, 0)
  if (isNumber !== isDigit(b, 0)) return isNumber ? 1 : -1
  return isNumber ? compareDigits(a, b) : compareText(a, b)
}

/** A tilde comes before the end; a caret after the end, and before everything else. */
function compareMarks(a: string | undefined, b: string | undefined): number | 'both' {
  for (const mark of ['~', '^']) {
    if (a !== mark && b !== mark) continue
    if (a === b) return 'both'
    const caret = mark === '^'
    const other = a === mark ? b : a
    const isBefore = caret ? other !== undefined : true
    return (a === mark) === isBefore ? -1 : 1
  }
  return 0
}

function isSeparator(text: string, at: number): boolean {
  return !isDigit(text, at) && !isLetter(text, at) && text[at] !== '~' && text[at] !== '^'
}
