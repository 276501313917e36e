export const BLOCK = 512

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Names in other encodings are kept apart: each byte is one character then. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  }
}

/** Up to the first NUL. */
export function textField(block: Uint8Array, start: number, end: number): string {
  const nul = block.indexOf(0, start)
  return textOf(block.subarray(start, nul === -1 || nul > end ? end : nul))
}

/** Octal, or base 256 as GNU writes it. Undefined: it is neither, negative, or too large to be true. */
export function numberField(block: Uint8Array, start: number, end: number): number | undefined {
  const first = block[start] ?? 0
  return (first & 0x80) === 0 ? octal(block, start, end) : base256(block, start, end)
}

function octal(block: Uint8Array, start: number, end: number): number | undefined {
  let value = 0
  let at = start
  while (at < end && isPadding(block[at])) at++
  for (; at < end && !isPadding(block[at]); at++) {
    const digit = (block[at] ?? 0) - 0x30
    if (digit < 0 || digit > 7) return undefined
    value = value * 8 + digit
  }
  return Number.isSafeInteger(value) ? value : undefined
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0
}

function base256(block: Uint8Array, start: number, end: number): number | undefined {
  if (((block[start] ?? 0) & 0x40) !== 0) return undefined
  let value = (block[start] ?? 0) & 0x3f
  for (let at = start + 1; at < end; at++) {
    value = value * 256 + (block[at] ?? 0)
    if (!Number.isSafeInteger(value)) return undefined
  }
  return value
}

/** Decimal, as pax writes numbers. */
export function decimal(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
