import type { OsvRecord } from './osv-record.ts'
import { type RankedRating, ratingsOfRecord } from './ratings.ts'

/** What is kept of a record: JSON of rows of our own. */
export interface KeptRecord {
  readonly id: string
  readonly aliases: readonly string[]
  /** The vulnerabilities that an advisory is about, where it is one about several, or has a name of its own. */
  readonly about: readonly string[]
  readonly summary: string
  readonly ratings: readonly RankedRating[]
  readonly publishedAt?: number
  readonly modifiedAt: number
  readonly references: readonly string[]
}

const MAX_SUMMARY = 300
const MAX_ALIASES = 50
const MAX_ABOUT = 300
const MAX_REFERENCES = 10
/** Advisories of distributions that once named their vulnerabilities as merely related. */
const ADVISORIES = /^(?:DSA|DLA|DTSA|USN|LSN|RHSA|ALSA|RLSA|RXSA|(?:open)?SUSE-SU)-/
/** Those that mend faults and add features, and are in exports all the same. */
const ERRATA = /^(?:(?:RH|AL|RL|RX)[BE]A|(?:open)?SUSE-[A-RT-Z]U)-/

export function keptRecord(record: OsvRecord): KeptRecord {
  const { id, aliases = [], upstream = [], related = [], summary, details, published, references = [] } = record
  const named = [...upstream, ...(upstream.length === 0 && ADVISORIES.test(id) ? related : [])].filter(isCve)
  const publishedAt = timeOf(published)
  return {
    id,
    aliases: aliases.filter((alias) => alias !== id).slice(0, MAX_ALIASES),
    about: [...new Set(named)].slice(0, MAX_ABOUT),
    summary: shortened(summary ?? firstLine(details)),
    ratings: ratingsOfRecord(record),
    ...(publishedAt === undefined ? {} : { publishedAt }),
    modifiedAt: timeOf(record.modified) ?? 0,
    references: references.flatMap(({ url }) => url ?? []).slice(0, MAX_REFERENCES),
  }
}

/** Whether it is about a vulnerability at all: an erratum is, when it says which. */
export function isAboutVulnerability({ id, aliases, about }: KeptRecord): boolean {
  return !ERRATA.test(id) || about.length > 0 || aliases.some(isCve)
}

export function isCve(id: string): boolean {
  return /^CVE-\d{4}-\d{4,19}$/.test(id)
}

/** Some databases write the year 1 for "not known". */
function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return time > 0 ? time : undefined
}

function firstLine(text: string | undefined): string {
  return /\S[^\n]*/.exec(text?.slice(0, 2 * MAX_SUMMARY) ?? '')?.[0] ?? ''
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > MAX_SUMMARY ? `${line.slice(0, MAX_SUMMARY - 1).toWellFormed()}…` : line
}
