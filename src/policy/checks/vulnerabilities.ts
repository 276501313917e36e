import type { Finding, FindingsReport, ReportState } from '../../inventory/finding.ts'
import { severityRank } from '../../packages/severity.ts'
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
  const wanted = severityRank(asked.severity)
  const grave = report.findings.filter(
    (finding) =>
      severityRank(finding.severity) >= wanted && (!asked.fixAvailable || finding.fixedVersion !== undefined),
  )
  // Where a judgement ends, its finding is one again.
  const ends = grave.map(({ suppressed }) => suppressed?.until?.getTime())
  const counted = grave.filter(({ suppressed }) => suppressed === undefined || hasEnded(suppressed.until, now))
  const countsFrom = (finding: Finding) => finding.firstSeen.getTime() + asked.graceDays * DAY_MS
  const due = counted.filter((finding) => countsFrom(finding) <= now)
  const coming = counted.filter((finding) => countsFrom(finding) > now)
  const until = earliest(
    report.validUntil?.getTime(),
    ...ends.filter((end) => end !== undefined && end > now),
    ...coming.map(countsFrom),
  )
  const doubt = doubtOf(asked, report, now)
  if (due.length > 0)
    return {
      outcome: 'violated',
      text: listed(due),
      findings: worst(due).map(named),
      until: earliest(until, doubt?.until),
    }
  if (doubt?.outcome === 'violated') return { ...doubt, until: earliest(until, doubt.until) }
  const [first] = coming.map(countsFrom).sort((a, b) => a - b)
  if (first !== undefined) {
    const from = new Date(first).toISOString()
    const text = `${listed(coming)}; it counts from ${from} on`
    return { outcome: 'warn', text, findings: worst(coming).map(named), until: earliest(until, doubt?.until) }
  }
  return doubt === undefined ? { outcome: 'pass', text: '', until } : { ...doubt, until: earliest(until, doubt.until) }
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
