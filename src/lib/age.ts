const UNITS: readonly (readonly [string, number])[] = [
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
]

/** `90s`, `15m`, `12h`, `30d` or `2w` in milliseconds; undefined for anything else. */
export function parseAge(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const ms = UNITS.find(([name]) => name === unit)?.[1]
  return ms === undefined ? undefined : Number(number) * ms
}

/** In the largest unit that it is a multiple of, as `parseAge` reads it; weeks are for the writer alone. */
export function formatAge(ms: number): string {
  const [unit = 's', unitMs = 1000] = UNITS.findLast(([name, each]) => name !== 'w' && ms > 0 && ms % each === 0) ?? []
  return `${ms / unitMs}${unit}`
}
