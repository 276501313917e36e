import type { Finding, FindingsReport, ReportState } from '../../inventory/finding.ts'
import { type Severity, severityRank } from '../../packages/severity.ts'
import type { CheckOf } from '../rule.ts'
import { type CheckResult, DAY_MS, earliest, type NamedFinding, plain, SOON_MS } from './result.ts'

type Asked = CheckOf<'vulnerabilities'>

/** So many are named; the others are counted. */
const NAMED = 3

/** Of these nothing can be said, whatever was found. */
const SAYS_NOTHING: Readonly<Partial<Record<ReportState, string>>> = {
  waiting: 'it has not been scanned yet',
  failed: 'it could not be scanned',
  unsupported: 'nothing in it is of a kind that the scanner understands',
  'no-data': 'there is no vulnerability data for what is in it',
  'end-of-life': 'its distribution is at its end of life, and nobody writes advisories for it any more',
}

/** Whether findings are bad enough, and have been known for long enough. */
export function checkVulnerabilities(asked: Asked, report: FindingsReport, now: number): CheckResult {
  const weighty = weigh(asked, report, now, (finding) => isGrave(asked, finding))
  const unrated = weigh(asked, report, now, (finding) => isUnrated(asked, finding))
  const { due, coming } = weighty
  const doubt = doubtOf(asked, report, now)
  const until = earliest(report.validUntil?.getTime(), weighty.until, unrated.until, doubt?.until)
  if (due.length > 0) return { outcome: 'violated', text: listed(due), findings: worst(due).map(named), until }
  if (doubt?.outcome === 'violated') return { ...doubt, until }
  const warnings = [
    ...(coming.length === 0 ? [] : [`${listed(coming)}; it counts from ${countsAtFirst(asked, coming)} on`]),
    ...(unrated.all.length === 0 ? [] : [`nobody has rated ${listed(unrated.all)}`]),
    ...(doubt?.outcome === 'warn' ? [doubt.text] : []),
  ]
  if (warnings.length === 0) return { outcome: 'pass', text: '', until }
  const findings = worst([...coming, ...unrated.all]).map(named)
  return { outcome: 'warn', text: warnings.join('; '), ...(findings.length > 0 && { findings }), until }
}

/** A finding of which nobody has said how bad it is. */
const UNRATED: Severity = 'unknown'

function isGrave({ severity, unrated }: Asked, finding: Finding): boolean {
  if (finding.severity === UNRATED) return unrated === 'count' || severity === UNRATED
  return severityRank(finding.severity) >= severityRank(severity)
}

/** It does not count, and is to be told of. */
function isUnrated(asked: Asked, finding: Finding): boolean {
  return finding.severity === UNRATED && asked.unrated === 'warn' && !isGrave(asked, finding)
}

interface Weighed {
  readonly all: readonly Finding[]
  /** They count now. */
  readonly due: readonly Finding[]
  /** They will, when their days of grace are over. */
  readonly coming: readonly Finding[]
  /** When it is something else. */
  readonly until: number | undefined
}

function weigh(asked: Asked, report: FindingsReport, now: number, matters: (finding: Finding) => boolean): Weighed {
  const found = report.findings.filter(
    (finding) => matters(finding) && (!asked.fixAvailable || finding.fixedVersion !== undefined),
  )
  // Where a judgement ends, its finding is one again.
  const ends = found.map(({ suppressed }) => suppressed?.until?.getTime())
  const all = found.filter(({ suppressed }) => suppressed === undefined || hasEnded(suppressed.until, now))
  const due = all.filter((finding) => countsFrom(asked, finding) <= now)
  const coming = all.filter((finding) => countsFrom(asked, finding) > now)
  const until = earliest(
    ...ends.filter((end) => end !== undefined && end > now),
    ...coming.map((finding) => countsFrom(asked, finding)),
  )
  return { all, due, coming, until }
}

function countsFrom({ graceDays }: Asked, { firstSeen }: Finding): number {
  return firstSeen.getTime() + graceDays * DAY_MS
}

function countsAtFirst(asked: Asked, coming: readonly Finding[]): string {
  return new Date(earliest(...coming.map((finding) => countsFrom(asked, finding))) ?? 0).toISOString()
}

function hasEnded(until: Date | undefined, now: number): boolean {
  return until !== undefined && until.getTime() <= now
}

function doubtOf({ unscanned }: Asked, { state, reasons }: FindingsReport, now: number): CheckResult | undefined {
  const why = SAYS_NOTHING[state]
  const until = state === 'waiting' || state === 'failed' ? now + SOON_MS : undefined
  if (unscanned === 'allow') return until === undefined ? undefined : { outcome: 'pass', text: '', until }
  const [reason] = reasons
  const because = reason === undefined ? '' : ` (${plain(reason, 200)})`
  if (why !== undefined)
    return { outcome: unscanned === 'refuse' ? 'violated' : 'warn', text: `${why}${because}`, until }
  if (state === 'complete') return undefined
  return { outcome: 'warn', text: `some of it was not understood by the scanner${because}` }
}

/** The worst first; among the same, those that can be mended. */
function worst(findings: readonly Finding[]): Finding[] {
  const order = (a: Finding, b: Finding) =>
    severityRank(b.severity) - severityRank(a.severity) ||
    Number(b.fixedVersion !== undefined) - Number(a.fixedVersion !== undefined) ||
    (a.vulnerability < b.vulnerability ? -1 : 1)
  return [...findings].sort(order).slice(0, NAMED)
}

function named({ vulnerability, severity, package: name, version, fixedVersion }: Finding): NamedFinding {
  return {
    vulnerability: plain(vulnerability),
    severity,
    package: plain(name),
    version: plain(version),
    ...(fixedVersion === undefined ? {} : { fixedVersion: plain(fixedVersion) }),
  }
}

function listed(findings: readonly Finding[]): string {
  const texts = worst(findings).map((finding) => {
    const { vulnerability, severity, package: name, version, fixedVersion } = named(finding)
    const fix = fixedVersion === undefined ? 'not fixed yet' : `fixed in ${fixedVersion}`
    return `${vulnerability} (${severity}) in ${name} ${version}, ${fix}`
  })
  const more = findings.length - texts.length
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
