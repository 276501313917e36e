import { OciError } from './errors.ts'
import { isTag, type Tag } from './name.ts'

/** What a tag named at a moment, as a client asks for it: `app:v1.at-20260801` or `app:v1.at-20260801T1200Z`. */
export interface TagAtMoment {
  readonly tag: Tag
  /** For a date without a time its last millisecond, UTC. */
  readonly at: Date
  /** Only a day was said: today's is not over yet. */
  readonly isDay: boolean
}

const MOMENT = /\.at-(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?Z)?$/

/** Undefined for anything else; a date that no calendar has is an ordinary part of a tag. */
export function parseTagAtMoment(text: string): TagAtMoment | undefined {
  const match = MOMENT.exec(text)
  if (match === null || !isTag(text)) return undefined
  const tag = text.slice(0, match.index)
  const [year = 0, month = 0, day = 0, hour, minute = 0, second = 0] = match.slice(1).map(numberOf)
  if (!isTag(tag) || !isDate(year, month, day)) return undefined
  const isDay = hour === undefined
  if (isDay) return { tag, at: new Date(Date.UTC(year, month - 1, day + 1) - 1), isDay }
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return { tag, at: new Date(Date.UTC(year, month - 1, day, hour, minute, second)), isDay }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** Years before 1970 are before any registry. */
function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** Nobody gives a tag such a name: it would hide what another tag named then. @throws OciError MANIFEST_INVALID */
export function refuseMoments(tags: readonly Tag[]): void {
  const forged = tags.find((tag) => parseTagAtMoment(tag) !== undefined)
  if (forged === undefined) return
  throw new OciError('MANIFEST_INVALID', {
    message: `"${forged}" cannot be set: a tag that ends with ".at-" and a date names what another tag named then`,
    detail: { reason: 'moment', tag: forged },
  })
}
