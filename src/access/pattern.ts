import { Problem } from '../lib/problem.ts'

const MAX_PATTERN = 255
const PATTERN = /^[a-z0-9._/*-]+$/

/**
 * A pattern of repository names: `*` stands for any characters but a slash, `**` for any.
 * @throws Problem
 */
export function parsePattern(text: string): string {
  if (text.length <= MAX_PATTERN && PATTERN.test(text)) return text
  throw new Problem(
    'invalid',
    `the pattern "${text.slice(0, 50)}" may have lower-case letters, digits, ".", "_", "-", "/", "*" and "**", at most ${MAX_PATTERN} of them`,
  )
}

/** Whether a name matches as a whole. At most pattern length × name length steps, whatever either holds. */
export function matchesPattern(pattern: string, name: string): boolean {
  let reachable = new Set([0])
  for (let at = 0; at < pattern.length && reachable.size > 0; at++) {
    const star = pattern[at] === '*'
    const double = star && pattern[at + 1] === '*'
    reachable = star ? afterStar(reachable, name, double) : afterCharacter(reachable, name, pattern[at] ?? '')
    if (double) at++
  }
  return reachable.has(name.length)
}

function afterCharacter(positions: ReadonlySet<number>, name: string, character: string): Set<number> {
  const next = new Set<number>()
  for (const position of positions) if (name[position] === character) next.add(position + 1)
  return next
}

function afterStar(positions: ReadonlySet<number>, name: string, overSlashes: boolean): Set<number> {
  const next = new Set<number>()
  for (const start of positions) {
    for (let end = start; !next.has(end); end++) {
      next.add(end)
      if (end === name.length || (name[end] === '/' && !overSlashes)) break
    }
  }
  return next
}
