import type { Finding, FindingsReport, ReportState } from '../inventory/finding.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import { findHeldImage } from '../inventory/load.ts'
import { findImage, type StoredImage } from '../inventory/store.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database, Executor } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import { endOfLife } from '../packages/end-of-life.ts'
import { isSupportedOs } from '../packages/ecosystem.ts'
import type { OsRelease } from '../packages/package.ts'
import { severityOfRank } from '../packages/severity.ts'
import type { Spot } from '../registry/operation.ts'
import type { Judge, ProjectJudgements } from './judgements.ts'
import { mergeFindings } from './external/merge-findings.ts'
import { listEnabledReports } from './external/report-store.ts'
import { dataAge } from './data-age.ts'
import { type MatchState, readMatchState } from './match-state.ts'
import type { VulnerabilityContent } from './match-store.ts'
import { findWaiting } from './queue-store.ts'
import { countEcosystems, listMatches, listUnclear, type MatchedRow, type UnclearPackage } from './report-store.ts'

/** The name of our own scanner in findings. */
export const OWN_SCANNER = 'berth'

interface ReportParts {
  readonly database: Database
  readonly clock: Clock
  readonly judgements: ProjectJudgements
}

/** What is known of the vulnerabilities of images, out of rows. */
export function createFindings(parts: ReportParts): FindingsSource {
  return { reportOf: (spot, digest) => reportOf(parts, spot, digest) }
}

async function reportOf(parts: ReportParts, spot: Spot, digest: Digest): Promise<FindingsReport> {
  const { reader } = parts.database
  const image = await findImage(reader, digest)
  const isHeld = (await findHeldImage(reader, spot, digest)) !== undefined
  if (image === undefined || !isHeld) return unknownReport(reader, digest, isHeld)
  const state = await readMatchState(reader)
  const judge = await parts.judgements.judgeOf(spot.repository, digest, parts.clock.now())
  const rows = await listMatches(reader, image.id)
  const { os } = image.facts
  const now = parts.clock.now()
  const ecosystems = await countEcosystems(reader, image.id)
  const age = dataAge(
    state,
    ecosystems.map(({ ecosystem }) => ecosystem),
    now,
  )
  const judged = judgeState({
    image,
    os,
    state,
    now,
    ecosystems,
    unclear: await listUnclear(reader, image.id),
    ageProblems: age.problems,
  })
  const others = await listEnabledReports(reader, digest)
  const findings = mergeFindings(
    rows.map(toFinding),
    others.flatMap(({ report }) => report?.findings ?? []),
  )
  return {
    ...{ state: judged.state, reasons: [...judged.reasons, ...others.flatMap(reasonsOf)] },
    packages: image.packages,
    ...(age.updatedAt && { dataUpdatedAt: age.updatedAt }),
    ...(os && validUntil(os, now)),
    findings: findings.map((finding) => withJudgement(finding, judge)),
  }
}

/** Of what a repository has not all of, nothing that is known because of others. */
async function unknownReport(executor: Executor, digest: Digest, isHeld: boolean): Promise<FindingsReport> {
  const reason = isHeld ? await whyUnknown(executor, digest) : INCOMPLETE
  return { state: 'waiting', reasons: [reason], packages: 0, findings: [] }
}

async function whyUnknown(executor: Executor, digest: Digest): Promise<string> {
  const waiting = await findWaiting(executor, digest)
  if (waiting === undefined) return NEVER
  return waiting.problem === undefined || waiting.problem === INCOMPLETE ? 'it waits for its turn' : waiting.problem
}

/** Why an image cannot be looked into, for people. */
export const INCOMPLETE = 'not all of its layers are here'
const NEVER = 'nobody looked into it: it was pushed before scanning was on, or it is no image'

export interface Known {
  readonly image: Pick<StoredImage, 'state' | 'facts'>
  readonly os: OsRelease | undefined
  readonly state: Pick<MatchState, 'covered'> | undefined
  readonly ecosystems: Awaited<ReturnType<typeof countEcosystems>>
  readonly unclear?: readonly UnclearPackage[]
  readonly now: Date
  /** Of the vulnerability data. */
  readonly ageProblems?: readonly string[]
}

/** On the day on which its distribution comes to its end, the same findings mean less. */
function validUntil(os: OsRelease, now: Date): Pick<FindingsReport, 'validUntil'> {
  const end = endOfLife(os)
  return end !== undefined && end > now ? { validUntil: end } : {}
}

/** The worst thing that can be said of a report is its state; all of them are its reasons. */
export function judgeState(known: Known): Pick<FindingsReport, 'state' | 'reasons'> {
  const { image } = known
  const found: (readonly [ReportState, string])[] = [
    ...osProblems(known),
    ...dataProblems(known),
    ...unclearProblems(known),
    ...(known.ageProblems ?? []).map((problem) => ['partial', problem] as const),
    ...image.facts.reasons.map((reason) => [image.state === 'failed' ? 'failed' : 'partial', reason] as const),
  ]
  if (image.state === 'unsupported') found.push(['unsupported', 'nothing in it is of a kind that is understood'])
  const states = found.map(([state]) => state)
  const state = WORST_FIRST.find((each) => states.includes(each)) ?? 'complete'
  return { state, reasons: found.map(([, reason]) => reason) }
}

const WORST_FIRST: readonly ReportState[] = ['failed', 'waiting', 'unsupported', 'no-data', 'end-of-life', 'partial']

function osProblems({ os, now }: Known): (readonly [ReportState, string])[] {
  if (os === undefined) return []
  const name = os.prettyName ?? `${os.id} ${os.versionId}`
  if (!isSupportedOs(os)) return [['unsupported', `no advisories are read for ${name}`]]
  const end = endOfLife(os)
  if (end === undefined || end > now) return []
  return [['end-of-life', `${name} has had no security updates since ${end.toISOString().slice(0, 10)}`]]
}

/** What another scanner has not said, or not lately. What our own state is stays: it is about what we understood. */
function reasonsOf({ scanner, report }: Awaited<ReturnType<typeof listEnabledReports>>[number]): string[] {
  if (report === undefined) return [`the scanner "${scanner}" was not asked about it yet`]
  const { problem, reportedAt, state, reasons } = report
  if (reportedAt === undefined) return [`the scanner "${scanner}" failed: ${problem ?? 'it does not say why'}`]
  const since = reportedAt.toISOString().slice(0, 10)
  const behind =
    problem === undefined ? [] : [`the scanner "${scanner}" has said nothing new since ${since}: ${problem}`]
  const short = reasons.length === 0 ? [`it calls its report ${state}`] : reasons.slice(0, MAX_REASONS)
  return [...behind, ...(state === 'complete' ? [] : short.map((reason) => `the scanner "${scanner}": ${reason}`))]
}

const MAX_REASONS = 5

const OS_PACKAGES = new Set(['deb', 'apk', 'rpm'])

function dataProblems({ ecosystems, state }: Known): (readonly [ReportState, string])[] {
  const covered = new Set(state?.covered)
  const known = ecosystems.filter(({ ecosystem }) => ecosystem !== '')
  if (covered.size === 0) return known.length === 0 ? [] : [['no-data', NO_DATA]]
  return known.flatMap(({ ecosystem, type, unmatched }): (readonly [ReportState, string])[] => {
    if (!covered.has(ecosystem))
      return [[OS_PACKAGES.has(type) ? 'no-data' : 'partial', `there is no vulnerability data for ${ecosystem} here`]]
    return unmatched === 0 ? [] : [['waiting', `${unmatched} packages of ${ecosystem} wait to be matched`]]
  })
}

const MAX_UNCLEAR = 3

function unclearProblems({ unclear = [] }: Known): (readonly [ReportState, string])[] {
  const told = unclear.slice(0, MAX_UNCLEAR)
  const reasons = told.map(({ name, version }) => `the version of ${name} cannot be compared: ${version}`)
  const more = unclear.length - told.length
  if (more > 0) reasons.push(`the versions of ${more} more packages cannot be compared`)
  return reasons.map((reason) => ['partial', reason])
}

const NO_DATA = 'there is no vulnerability data here yet: berth vulndb update, or berth vulndb import'

function toFinding(row: MatchedRow): Finding {
  const content = JSON.parse(row.content) as VulnerabilityContent
  return {
    ...{ vulnerability: row.vulnerability, aliases: content.aliases, summary: content.summary },
    ...{ severity: severityOfRank(row.severity), ratings: content.ratings },
    ...{ purl: row.purl, package: row.name, version: row.version, advisory: row.advisory },
    ...(row.fixed_version !== null && { fixedVersion: row.fixed_version }),
    ...(content.published !== undefined && { published: new Date(content.published) }),
    firstSeen: new Date(row.first_seen_at),
    scanner: OWN_SCANNER,
  }
}

function withJudgement(finding: Finding, judge: Judge): Finding {
  const suppressed = judge(finding)
  return suppressed === undefined ? finding : { ...finding, suppressed }
}
