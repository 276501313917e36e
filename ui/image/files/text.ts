const TEXT_CONTROLS = new Set([9, 10, 12, 13, 27])

/** As UTF-8, without a letter that was cut at the end; undefined: it is none that people read. */
export function textIn(bytes: Uint8Array, isCut: boolean): string | undefined {
  if (bytes.some((byte) => byte < 32 && !TEXT_CONTROLS.has(byte))) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut })
  } catch {
    return undefined
  }
}

/** One number a line, as many as the text has lines. */
export function lineNumbers(text: string): string {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return Array.from({ length: Math.max(lines, 1) }, (_, n) => n + 1).join('\n')
}

const ROW = 16

/** As programmers look at bytes: where, what, and as letters where they are some. */
export function hexOf(bytes: Uint8Array): string {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.subarray(at, at + ROW)
    const pairs = [...row].map((byte) => byte.toString(16).padStart(2, '0'))
    const letters = [...row].map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'))
    const half = ROW / 2
    const left = pairs
      .slice(0, half)
      .join(' ')
      .padEnd(half * 3 - 1)
    const right = pairs
      .slice(half)
      .join(' ')
      .padEnd(half * 3 - 1)
    rows.push(`${at.toString(16).padStart(8, '0')}  ${left}  ${right}  ${letters.join('')}`)
  }
  return rows.join('\n')
}

const BITS = ['r', 'w', 'x'] as const

/** 0o4755: rwsr-xr-x. */
export function modeText(mode: number): string {
  const letters = [6, 3, 0].flatMap((shift) => BITS.map((letter, n) => ((mode >> (shift + 2 - n)) & 1 ? letter : '-')))
  const specials = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const
  for (const [bit, at, letter] of specials)
    if (mode & bit) letters[at] = (letters[at] === 'x' ? letter : letter.toUpperCase()) as 'x'
  return letters.join('')
}
