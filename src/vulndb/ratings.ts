import { findCvssRating } from '../packages/cvss.ts'
import { findSeverityWord } from '../packages/severity-words.ts'
import type { Severity, SeverityRating } from '../packages/severity.ts'
import type { OsvAffected, OsvRecord } from './osv-record.ts'

/** A rating and how much it counts: less is more. */
export type RankedRating = readonly [rank: number, rating: SeverityRating]

const RANKS = { distribution: 0, 'cvss-v4': 1, 'cvss-v3.1': 2, 'cvss-v3.0': 3, database: 4, 'cvss-v2': 5 } as const
/** Another record about the same thing counts less than anything that this one says. */
const OTHER_RECORD = 10
const MAX_RATINGS = 12

/** What a record says of a package it affects. Debian says how urgent it is, Ubuntu has a type of its own. */
export function ratingsOfAffected(ecosystem: string, affected: OsvAffected): RankedRating[] {
  const { ecosystem_specific: own, database_specific: database, severity } = affected
  const words = [own?.urgency, own?.severity, database?.severity]
  return limited([
    ...words.flatMap((word) => ofWord(RANKS.distribution, ecosystem.toLowerCase(), word)),
    ...(severity ?? []).flatMap(({ type, score }) => ofSeverity(type, score)),
  ])
}

/** What a record says in general. */
export function ratingsOfRecord({ id, severity, database_specific, summary }: OsvRecord): RankedRating[] {
  return limited([
    ...(severity ?? []).flatMap(({ type, score }) => ofSeverity(type, score)),
    ...ofWord(RANKS.database, sourceOf(id), database_specific?.severity),
    ...ofSummary(id, summary),
    ...(id.startsWith('MAL-') ? [ranked(RANKS.database, 'malicious-packages', 'critical')] : []),
  ])
}

export function ofOtherRecord([rank, rating]: RankedRating): RankedRating {
  return [rank + OTHER_RECORD, rating]
}

/** All of them, what counts first, each said once. */
export function sortedRatings(ratings: readonly RankedRating[]): SeverityRating[] {
  const told = new Map<string, SeverityRating>()
  for (const [, rating] of ratings.toSorted(([a], [b]) => a - b)) {
    const key = `${rating.source} ${rating.vector ?? rating.severity}`
    if (!told.has(key)) told.set(key, rating)
  }
  return [...told.values()].slice(0, MAX_RATINGS)
}

export function severityOf(ratings: readonly SeverityRating[]): Severity {
  return ratings.find(({ severity }) => severity !== 'unknown')?.severity ?? 'unknown'
}

function ofSeverity(type: string, score: string): RankedRating[] {
  if (!type.startsWith('CVSS')) return ofWord(RANKS.distribution, type.toLowerCase(), score)
  const rating = cvssRating(score)
  if (rating === undefined) return []
  const rank = Object.entries(RANKS).find(([source]) => source === rating.source)?.[1]
  return [[rank ?? RANKS['cvss-v2'], rating]]
}

/** Few vectors are on many records. */
const known = new Map<string, SeverityRating | undefined>()
const MAX_KNOWN = 20_000

function cvssRating(vector: string): SeverityRating | undefined {
  if (!known.has(vector)) {
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(vector, findCvssRating(vector))
  }
  return known.get(vector)
}

function ofWord(rank: number, source: string, word: string | undefined): RankedRating[] {
  const severity = word === undefined ? undefined : findSeverityWord(word)
  return severity === undefined ? [] : [ranked(rank, source, severity)]
}

/** `Important: kernel security update`: errata of Red Hat's family say it there only. */
function ofSummary(id: string, summary: string | undefined): RankedRating[] {
  if (!/^(?:RHSA|ALSA|RLSA|RXSA)-/.test(id)) return []
  return ofWord(RANKS.distribution, sourceOf(id), /^([A-Za-z]{3,12}):/.exec(summary ?? '')?.[1])
}

function ranked(rank: number, source: string, severity: Severity): RankedRating {
  return [rank, { source, severity }]
}

function sourceOf(id: string): string {
  return (/^[A-Za-z]+(?:-SU)?/.exec(id)?.[0] ?? id).toLowerCase()
}

function limited(ratings: readonly RankedRating[]): RankedRating[] {
  return ratings.slice(0, MAX_RATINGS)
}
