const SLASH = 47
const STAR = 42

/**
 * Whether a name matches as a whole. One pass over the name for each sign of the pattern, whatever either holds: some
 * users choose patterns, and all wait for the answer.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  // reachable[n]: what was read of the pattern can stand for the first n characters of the name.
  let reachable = new Uint8Array(name.length + 1)
  reachable[0] = 1
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern.charCodeAt(at)
    const double = sign === STAR && pattern.charCodeAt(at + 1) === STAR
    reachable = sign === STAR ? afterStar(reachable, name, double) : afterCharacter(reachable, name, sign)
    if (double) at++
  }
  return reachable[name.length] === 1
}

function afterCharacter(reachable: Uint8Array, name: string, character: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(reachable.length)
  for (let n = 0; n < name.length; n++) if (reachable[n] === 1 && name.charCodeAt(n) === character) next[n + 1] = 1
  return next
}

function afterStar(reachable: Uint8Array, name: string, overSlashes: boolean): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(reachable.length)
  let open = false
  for (let n = 0; n < reachable.length; n++) {
    if (n > 0 && !overSlashes && name.charCodeAt(n - 1) === SLASH) open = false
    if (reachable[n] === 1) open = true
    if (open) next[n] = 1
  }
  return next
}
