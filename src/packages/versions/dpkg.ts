import { compareDigits, endOfRun, isDigit, isLetter, splitEpoch } from './digits.ts'
import { InvalidVersion } from './invalid-version.ts'

/** The order of Debian's packages (deb-version(7)). @throws InvalidVersion */
export function compareDpkg(a: string, b: string): number {
  const left = parse(a)
  const right = parse(b)
  return (
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  )
}

function parse(version: string) {
  const split = splitEpoch(version)
  if (split === undefined || !/^[\x21-\x7e]+$/.test(split.rest)) throw new InvalidVersion('Debian', version)
  const hyphen = split.rest.lastIndexOf('-')
  if (hyphen < 0) return { epoch: split.epoch, upstream: split.rest, revision: '' }
  return { epoch: split.epoch, upstream: split.rest.slice(0, hyphen), revision: split.rest.slice(hyphen + 1) }
}

/** Texts without digits and numbers take turns. */
function comparePart(a: string, b: string): number {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const endA = endOfRun(a, i, isOther)
    const endB = endOfRun(b, j, isOther)
    for (; i < endA || j < endB; i++, j++) {
      const difference = weight(a, i, endA) - weight(b, j, endB)
      if (difference !== 0) return Math.sign(difference)
    }
    // The shorter one was counted past its end.
    i = endOfRun(a, endA, isDigit)
    j = endOfRun(b, endB, isDigit)
    const order = compareDigits(a.slice(endA, i), b.slice(endB, j))
    if (order !== 0) return order
  }
  return 0
}

function isOther(text: string, at: number): boolean {
  return !isDigit(text, at)
}

/** A tilde comes before the end, the end before letters, letters before the rest. */
function weight(text: string, at: number, end: number): number {
  if (at >= end) return 0
  if (text[at] === '~') return -1
  const code = text.charCodeAt(at)
  return isLetter(text, at) ? code : code + 256
}
