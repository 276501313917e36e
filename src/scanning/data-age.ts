import type { MatchState } from './match-state.ts'

/** What matters of the data for one image: only what it is made of. */
export interface DataAge {
  /** When the oldest part of it was brought up to date; undefined: there is none. */
  readonly updatedAt: Date | undefined
  /** Why it may miss what is known elsewhere, for people. */
  readonly problems: readonly string[]
}

const DAY_MS = 86_400_000
/** After so long without looking nobody should rely on it. */
const OLD_DAYS = 30
/** Every ecosystem has something new in so many days: an export without is an old one, whenever it was brought here. */
const OLD_RECORD_DAYS = 180

/** `ecosystems`: as packages are keyed, `Debian:12` and `npm`. */
export function dataAge(state: MatchState | undefined, ecosystems: readonly string[], now: Date): DataAge {
  const families = new Set(ecosystems.map((each) => each.split(':', 1)[0] ?? each))
  const known = state?.ecosystems.filter(({ ecosystem }) => families.has(ecosystem)) ?? []
  const times = known.map(({ updatedAt }) => updatedAt.getTime())
  return {
    updatedAt: times.length === 0 ? undefined : new Date(Math.min(...times)),
    problems: known.flatMap(({ ecosystem, updatedAt, newestRecord }) => {
      const days = daysBetween(updatedAt, now)
      if (days > OLD_DAYS) return [`the vulnerability data for ${ecosystem} is ${days} days old`]
      const recordDays = newestRecord === undefined ? 0 : daysBetween(newestRecord, now)
      if (recordDays <= OLD_RECORD_DAYS) return []
      return [`the newest record for ${ecosystem} is ${recordDays} days old: the data may be an old copy`]
    }),
  }
}

function daysBetween(then: Date, now: Date): number {
  return Math.floor((now.getTime() - then.getTime()) / DAY_MS)
}
