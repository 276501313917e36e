import type { Severity, SeverityRating } from '../packages/severity.ts'

/** A vulnerability of a package in an image. */
export interface Finding {
  /** The CVE's name where there is one. */
  readonly vulnerability: string
  readonly aliases: readonly string[]
  readonly summary: string
  readonly severity: Severity
  readonly ratings: readonly SeverityRating[]
  readonly purl: string
  readonly package: string
  readonly version: string
  /** Absent: there is no fixed version yet. */
  readonly fixedVersion?: string
  readonly advisory: string
  readonly published?: Date
  /** When it was first found here. */
  readonly firstSeen: Date
  /** Which scanner says so. */
  readonly scanner: string
  /** Somebody judged it to be none here. It is shown, and does not count. */
  readonly suppressed?: Suppression
}

export interface Suppression {
  readonly by: 'vex' | 'exception'
  /** `not_affected: vulnerable_code_not_present`, or the reason somebody wrote. */
  readonly reason: string
  readonly author: string
  readonly until?: Date
}

/**
 * What a report can be trusted for. `waiting`: not looked at yet. `complete`: all of it was understood. `partial`,
 * `unsupported`, `failed`: as the inventory. `end-of-life`: nobody writes advisories for its distribution any more.
 * `no-data`: what it is made of has no vulnerability data here.
 */
export const REPORT_STATES = [
  ...['waiting', 'complete', 'partial', 'unsupported', 'end-of-life', 'no-data', 'failed'],
] as const
export type ReportState = (typeof REPORT_STATES)[number]

/** What scanners know of one image. */
export interface FindingsReport {
  readonly state: ReportState
  readonly reasons: readonly string[]
  readonly packages: number
  /** How old the vulnerability data is, of the oldest part that matters here; absent: there is none. */
  readonly dataUpdatedAt?: Date
  /** When it means something else although nothing has changed. */
  readonly validUntil?: Date
  readonly findings: readonly Finding[]
}
