import type { Severity } from '../../packages/severity.ts'
import { severityRank } from '../../packages/severity.ts'
import type { Finding, FindingsReport, ReportState } from '../finding.ts'

export interface FindingChange {
  readonly vulnerability: string
  readonly severity: Severity
  readonly package: string
  readonly version: string
  readonly purl: string
  readonly fixedVersion?: string
  /** Somebody judged it to be none. */
  readonly suppressed: boolean
}

export interface FindingChanges {
  /** Had by the first image, and not by the second one; the worst first. */
  readonly fixed: readonly FindingChange[]
  readonly introduced: readonly FindingChange[]
  readonly remaining: number
  /** What both lists can be trusted for: what was not understood is in neither. */
  readonly before: ReportTrust
  readonly after: ReportTrust
}

export interface ReportTrust {
  readonly state: ReportState
  readonly reasons: readonly string[]
}

/** A vulnerability of a package is the same in each of its versions, and by each of its names. */
export function compareFindings(before: FindingsReport, after: FindingsReport): FindingChanges {
  const old = namesOf(before.findings)
  const now = namesOf(after.findings)
  const introduced = distinct(after.findings.filter((finding) => !isIn(old, finding)))
  return {
    fixed: distinct(before.findings.filter((finding) => !isIn(now, finding))).map(toChange),
    introduced: introduced.map(toChange),
    remaining: distinct(after.findings.filter((finding) => isIn(old, finding))).length,
    before: { state: before.state, reasons: before.reasons },
    after: { state: after.state, reasons: after.reasons },
  }
}

function namesOf(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(findings.flatMap(keysOf))
}

function isIn(names: ReadonlySet<string>, finding: Finding): boolean {
  return keysOf(finding).some((key) => names.has(key))
}

function keysOf(finding: Finding): string[] {
  return [finding.vulnerability, ...finding.aliases].map((id) => `${packageOf(finding)}\0${id}`)
}

/** `pkg:npm/left` of `pkg:npm/left@1.0.0`: the same name may be several packages. */
function packageOf({ purl, package: name }: Finding): string {
  const plain = purl.replace(/[?#].*$/s, '')
  const at = plain.lastIndexOf('@')
  return at <= 0 ? name : plain.slice(0, at)
}

/** The worst first; a scanner may say the same of several copies. */
function distinct(findings: readonly Finding[]): Finding[] {
  const found = new Map(findings.map((each) => [`${each.vulnerability}\0${each.purl}`, each]))
  return [...found]
    .sort(([a, one], [b, other]) => severityRank(other.severity) - severityRank(one.severity) || (a < b ? -1 : 1))
    .map(([, each]) => each)
}

function toChange(finding: Finding): FindingChange {
  const { vulnerability, severity, version, purl, fixedVersion, suppressed } = finding
  return {
    ...{ vulnerability, severity, package: finding.package, version, purl },
    ...(fixedVersion === undefined ? {} : { fixedVersion }),
    suppressed: suppressed !== undefined,
  }
}
