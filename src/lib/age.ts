const DAY_MS = 86_400_000
const UNITS: readonly (readonly [string, number])[] = [
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', DAY_MS],
  ['w', 7 * DAY_MS],
]

/** `90s`, `15m`, `12h`, `30d` or `2w` in milliseconds; undefined for anything else. */
export function parseAge(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const ms = UNITS.find(([name]) => name === unit)?.[1]
  return ms === undefined ? undefined : Number(number) * ms
}

const MOST = 999_999

/** In the largest unit that it is a multiple of, as `parseAge` reads it; weeks only where days are too many for that. */
export function formatAge(ms: number): string {
  const [unit = 's', unitMs = 1000] =
    UNITS.findLast(([name, each]) => isFitting(ms, each) && (name !== 'w' || !isFitting(ms, DAY_MS))) ?? []
  return `${ms / unitMs}${unit}`
}

function isFitting(ms: number, unitMs: number): boolean {
  return ms > 0 && ms % unitMs === 0 && ms / unitMs <= MOST
}
