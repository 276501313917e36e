import type { Severity } from './severity.ts'

/** What distributions and advisories call how bad something is. */
const WORDS: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ...(['unimportant', 'negligible', 'none', 'informational'] as const).map((word) => [word, 'negligible'] as const),
  ...(['low', 'minor'] as const).map((word) => [word, 'low'] as const),
  ...(['medium', 'moderate'] as const).map((word) => [word, 'medium'] as const),
  ...(['high', 'important', 'major'] as const).map((word) => [word, 'high'] as const),
  ['critical', 'critical'],
])

/** Undefined: the word says nothing, such as Debian's "not yet assigned". */
export function findSeverityWord(word: string): Severity | undefined {
  // Debian marks what it only supposes: `low**`.
  return WORDS.get(
    word
      .trim()
      .toLowerCase()
      .replace(/\*{1,2}$/, ''),
  )
}
