import type { Finding, ReportState } from '../../inventory/finding.ts'
import type { Digest } from '../../oci/digest.ts'

/** What a scanner that is not ours says of itself. */
export interface ScannerDescription {
  readonly name: string
  readonly vendor: string
  readonly version: string
  readonly capabilities: readonly ScannerCapability[]
  /** How old its data is; absent: it does not say. */
  readonly dataUpdatedAt?: Date
}

export interface ScannerCapability {
  readonly type: 'vulnerability' | 'sbom'
  /** Media types of manifests. */
  readonly consumes: readonly string[]
  /** Media types of reports, with their parameters. */
  readonly produces: readonly string[]
}

/** What to scan, and how to get it. */
export interface ScanTarget {
  /** Of this registry, as the scanner reaches it: `https://registry.example`. */
  readonly registryUrl: string
  /** The header's value: a token that lives for minutes, and reads this one repository. */
  readonly authorization: string
  readonly repository: string
  readonly digest: Digest
  readonly tag?: string | undefined
  readonly mediaType: string
}

/** When it was first seen here, and what was made of it here, only we know. `purl` is empty when it does not say. */
export type ExternalFinding = Omit<Finding, 'firstSeen' | 'suppressed'>

export interface ExternalReport {
  readonly state: ReportState
  readonly reasons: readonly string[]
  readonly findings: readonly ExternalFinding[]
  readonly dataUpdatedAt?: Date
}

export interface ScanResult {
  readonly report: ExternalReport
  /** As it came. */
  readonly raw: Uint8Array
}

/** A scanner that is not ours. What it says is hostile until it is parsed. */
export interface ExternalScanner {
  /** @throws RemoteError, Problem when it cannot be asked */
  describe(signal: AbortSignal): Promise<ScannerDescription>
  /** @throws RemoteError, Problem when there is no report */
  scan(target: ScanTarget, signal: AbortSignal): Promise<ScanResult>
}

/** More than any image has; a report with more is none. */
export const MAX_FINDINGS = 200_000
export const MAX_REPORT_BYTES = 64 * 1024 * 1024
