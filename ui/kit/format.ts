const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export function formatDate(text: string | undefined): string {
  return text === undefined ? 'never' : DATE.format(new Date(text))
}

const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const STEPS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

export function formatAgo(text: string): string {
  const seconds = (Date.parse(text) - Date.now()) / 1000
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1]
  return AGO.format(Math.round(seconds / size), unit)
}

/** Enough of it to tell it from others. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}

/** What hides in a text, or turns it around (UAX #9); what joins letters and pictures does neither. */
const HIDDEN = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\t\n\r\u200d]]/gv

/** A text that others wrote, with numbers instead of what hides in it. */
export function visibleText(text: string): string {
  return text.replaceAll(HIDDEN, escaped)
}

/** A name or a path, in one line. */
export function visibleName(text: string): string {
  return visibleText(text).replaceAll(/[\t\n\r]/g, escaped)
}

function escaped(letter: string): string {
  return `\\u{${letter.codePointAt(0)?.toString(16)}}`
}
