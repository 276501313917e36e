const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  ...{ kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, pb: 1e15 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40, pib: 2 ** 50 },
}
const BINARY = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `10GiB`, `500MB`, `1.5 TiB` or plain bytes, in bytes; undefined when it is none of these. */
export function parseByteSize(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text) ?? []
  const factor = unit === '' ? 1 : UNITS[unit.toLowerCase()]
  if (digits === '' || factor === undefined) return undefined
  const bytes = Math.round(Number(digits) * factor)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** For people: two decimals at most of the largest binary unit, rounded down. */
export function formatByteSize(bytes: number): string {
  let unit = 0
  let value = bytes
  while (value >= 1024 && unit < BINARY.length - 1) {
    value /= 1024
    unit++
  }
  return `${Math.floor(value * 100) / 100} ${BINARY[unit]}`
}
