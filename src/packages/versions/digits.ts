/** Compares two texts of digits as numbers of any size. */
export function compareDigits(a: string, b: string): number {
  const left = withoutZeros(a)
  const right = withoutZeros(b)
  if (left.length !== right.length) return left.length < right.length ? -1 : 1
  return compareText(left, right)
}

/** By code units: no locale has a say. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function withoutZeros(text: string): string {
  let start = 0
  while (start < text.length && text.charCodeAt(start) === 48) start++
  return start === 0 ? text : text.slice(start)
}

export function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

export function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at) | 32
  return code >= 97 && code <= 122
}

/** Where the run of characters of a kind that starts there ends. */
export function endOfRun(text: string, at: number, kind: (text: string, at: number) => boolean): number {
  let end = at
  while (end < text.length && kind(text, end)) end++
  return end
}

/** An epoch before a colon, which most versions do not have. Undefined: there is something else before one. */
export function splitEpoch(version: string): { readonly epoch: string; readonly rest: string } | undefined {
  const colon = version.indexOf(':')
  if (colon < 0) return { epoch: '0', rest: version }
  const epoch = version.slice(0, colon)
  if (endOfRun(epoch, 0, isDigit) !== epoch.length || epoch === '') return undefined
  return { epoch, rest: version.slice(colon + 1) }
}
