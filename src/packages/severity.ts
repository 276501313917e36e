/** From the least to the worst; the place is what rows hold. */
export const SEVERITIES = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

export function severityOfRank(rank: number): Severity {
  return SEVERITIES[rank] ?? 'unknown'
}

/** How bad somebody calls a vulnerability. */
export interface SeverityRating {
  /** Who says so: `debian`, `cvss-v3.1`, `ghsa`. */
  readonly source: string
  readonly severity: Severity
  /** CVSS. */
  readonly vector?: string
  readonly score?: number
}
