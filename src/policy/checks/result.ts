/** What a check says of one image. */
export interface CheckResult {
  /** `warn`: nothing is broken, and whoever pulls should know of it all the same. */
  readonly outcome: 'pass' | 'warn' | 'violated'
  /** For people: what is wrong. Empty where nothing is. */
  readonly text: string
  /** The findings that weigh most, for programs. */
  readonly findings?: readonly NamedFinding[]
  /** When time changes it, in milliseconds since 1970: from then on it is something else. */
  readonly until?: number | undefined
}

export interface NamedFinding {
  readonly vulnerability: string
  readonly severity: string
  readonly package: string
  readonly version: string
  readonly fixedVersion?: string
}

export const PASS: CheckResult = { outcome: 'pass', text: '' }

export const DAY_MS = 86_400_000

/** What is not known yet is looked at again soon, also where nobody says that it came. */
export const SOON_MS = 60_000

/** The earliest; undefined: never. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time
  return first
}

const MOST = 100

/** What an image or an advisory says, fit to be shown: one line that is not too long and commands no terminal. */
export function plain(text: string, most = MOST): string {
  const clean = text.slice(0, most + 1).replaceAll(/[^\x20-\x7e]/g, '?')
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean
}
