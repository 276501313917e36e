import type { Severity, SeverityRating } from '../../packages/severity.ts'
import type { Finding, Suppression } from '../finding.ts'
import { clean, type Component, compareTexts, timeOf, uuidOf } from './document.ts'

/** Of what the document lists. What was judged to be none here is told with its analysis, as VEX does. */
export function vulnerabilitiesOf(findings: readonly Finding[], components: readonly Component[]) {
  const known = new Set(components.map(({ purl }) => purl))
  const groups = new Map<string, { readonly about: ReturnType<typeof aboutOf>; readonly findings: Finding[] }>()
  for (const finding of findings) {
    if (!known.has(finding.purl)) continue
    const about = aboutOf(finding)
    const key = JSON.stringify(about)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { about, findings: [finding] })
    else group.findings.push(finding)
  }
  return [...groups]
    .sort(
      (
        [
          a,
          {
            about: { id },
          },
        ],
        [
          b,
          {
            about: { id: other },
          },
        ],
      ) => compareTexts(id, other) || compareTexts(a, b),
    )
    .map(([key, { about, findings: each }]) => ({
      'bom-ref': `vulnerability-${uuidOf(key)}`,
      ...about,
      affects: affectsOf(each),
    }))
}

/** What several packages of a vulnerability have in common. */
function aboutOf(finding: Finding) {
  const { vulnerability, aliases, summary, advisory, published, fixedVersion, suppressed, scanner } = finding
  const references = [...new Set([...aliases, advisory])].filter((id) => id !== vulnerability && id !== '').sort()
  return {
    id: clean(vulnerability),
    source: { name: clean(scanner) },
    ...(references.length > 0 && {
      references: references.map((id) => ({ id: clean(id), source: { name: sourceOf(id) } })),
    }),
    ratings: ratingsOf(finding),
    ...(summary !== '' && { description: clean(summary) }),
    ...(fixedVersion !== undefined && { recommendation: `Update to ${clean(fixedVersion)} or later.` }),
    ...(published && { published: timeOf(published) }),
    ...(suppressed && { analysis: analysisOf(suppressed) }),
  }
}

function affectsOf(findings: readonly Finding[]) {
  const versions = new Map(findings.map(({ purl, version }) => [purl, version]))
  return [...versions]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([ref, version]) => ({ ref, versions: [{ version: clean(version), status: 'affected' }] }))
}

/** `DSA-5532-1` is of `DSA`. */
function sourceOf(id: string): string {
  return /^[A-Za-z]+/.exec(id)?.[0] ?? 'other'
}

/** The one that counts stands first. */
function ratingsOf({ severity, scanner, ratings }: Finding) {
  return [{ source: { name: clean(scanner) }, severity: SEVERITIES[severity] }, ...ratings.map(ratingOf)]
}

function ratingOf({ source, severity, vector, score }: SeverityRating) {
  return {
    source: { name: clean(source) },
    ...(score !== undefined && Number.isFinite(score) && { score }),
    severity: SEVERITIES[severity],
    ...(vector !== undefined && { method: methodOf(vector), vector: clean(vector) }),
  }
}

const SEVERITIES: Readonly<Record<Severity, string>> = {
  ...{ unknown: 'unknown', negligible: 'info', low: 'low', medium: 'medium', high: 'high', critical: 'critical' },
}

function methodOf(vector: string): string {
  if (vector.startsWith('CVSS:4.')) return 'CVSSv4'
  if (vector.startsWith('CVSS:3.1/')) return 'CVSSv31'
  if (vector.startsWith('CVSS:3.')) return 'CVSSv3'
  return /^AV:/.test(vector) ? 'CVSSv2' : 'other'
}

/** OpenVEX's words in CycloneDX's. */
const JUSTIFICATIONS: Readonly<Record<string, string>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  vulnerable_code_cannot_be_controlled_by_adversary: 'requires_environment',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
}

/**
 * A risk that somebody took is no analysis that the risk is none, so an exception has no state: readers elsewhere must
 * not take it for one.
 */
function analysisOf({ by, reason, author, until }: Suppression) {
  const end = until === undefined ? '' : ` until ${timeOf(until)}`
  if (by === 'exception')
    return { response: ['will_not_fix'], detail: clean(`Accepted here by ${author}${end}: ${reason}`) }
  const [, status = '', justification = ''] = /^([a-z_]+)(?:: *([a-z_]+))?/.exec(reason) ?? []
  const known = JUSTIFICATIONS[justification]
  return {
    state: status === 'fixed' ? 'resolved' : 'not_affected',
    ...(known !== undefined && status !== 'fixed' && { justification: known }),
    detail: clean(`${author}${end}: ${reason}`),
  }
}
