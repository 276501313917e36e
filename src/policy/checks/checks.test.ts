import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import type { Finding, FindingsReport, ReportState } from '../../inventory/finding.ts'
import { SEVERITIES, type Severity, severityRank } from '../../packages/severity.ts'
import { type CheckOf, checkSchema } from '../rule.ts'
import { checkAge, checkBase, checkLabels } from './facts.ts'
import { DAY_MS } from './result.ts'
import { checkSignatures } from './signatures.ts'
import { checkVulnerabilities } from './vulnerabilities.ts'
import { parseDigest } from '../../oci/digest.ts'
import type { VerifiedSignature } from '../../trust/signature.ts'

const NOW = Date.UTC(2030, 0, 1)
const DIGEST = parseDigest(`sha256:${'a'.repeat(64)}`)

function asked<
  K extends CheckOf<'age'>['kind'] | 'vulnerabilities' | 'signatures' | 'attestations' | 'labels' | 'base',
>(kind: K, more: Record<string, unknown>): CheckOf<K> {
  return checkSchema.parse({ kind, ...more }) as CheckOf<K>
}

function finding(severity: Severity, more: Partial<Finding> = {}): Finding {
  return {
    vulnerability: 'CVE-2024-3094',
    aliases: [],
    summary: '',
    severity,
    ratings: [],
    purl: 'pkg:deb/debian/xz-utils@5.6.0',
    package: 'xz-utils',
    version: '5.6.0',
    advisory: 'DSA-1',
    firstSeen: new Date(NOW - 10 * DAY_MS),
    scanner: 'berth',
    ...more,
  }
}

function report(
  findings: readonly Finding[],
  state: ReportState = 'complete',
  reasons: readonly string[] = [],
): FindingsReport {
  return { state, reasons, packages: 1, findings }
}

const critical = (more: Record<string, unknown> = {}) => asked('vulnerabilities', { severity: 'critical', ...more })

describe('vulnerabilities', () => {
  it('names what counts, the worst first, at most three', () => {
    const all = ['1', '2', '3', '4'].map((n) => finding('high', { vulnerability: `CVE-${n}` }))
    const found = checkVulnerabilities(
      asked('vulnerabilities', { severity: 'high' }),
      report([...all, finding('critical', { fixedVersion: '5.6.1' }), finding('medium', { vulnerability: 'CVE-0' })]),
      NOW,
    )
    expect(found.outcome).toBe('violated')
    expect(found.text).toBe(
      'CVE-2024-3094 (critical) in xz-utils 5.6.0, fixed in 5.6.1; CVE-1 (high) in xz-utils 5.6.0, not fixed yet; CVE-2 (high) in xz-utils 5.6.0, not fixed yet; and 2 more',
    )
    expect(found.findings).toHaveLength(3)
  })

  it('counts what is fixed only where it is asked so', () => {
    const open = report([finding('critical')])
    expect(checkVulnerabilities(critical(), open, NOW).outcome).toBe('violated')
    expect(checkVulnerabilities(critical({ fixAvailable: true }), open, NOW).outcome).toBe('pass')
    const fixed = report([finding('critical', { fixedVersion: '5.6.1' })])
    expect(checkVulnerabilities(critical({ fixAvailable: true }), fixed, NOW).outcome).toBe('violated')
  })

  it('warns in the days of grace, to the millisecond, and says when they end', () => {
    const found = (now: number) => checkVulnerabilities(critical({ graceDays: 10 }), report([finding('critical')]), now)
    expect(found(NOW - 1)).toMatchObject({ outcome: 'warn', until: NOW })
    expect(found(NOW - 1).text).toEndWith('it counts from 2030-01-01T00:00:00.000Z on')
    expect(found(NOW)).toMatchObject({ outcome: 'violated' })
  })

  it('does not count what is suppressed, until that ends', () => {
    const until = new Date(NOW)
    const suppressed = { by: 'exception', reason: 'r', author: 'a', until } as const
    const found = (now: number) => checkVulnerabilities(critical(), report([finding('critical', { suppressed })]), now)
    expect(found(NOW - 1)).toMatchObject({ outcome: 'pass', until: NOW })
    expect(found(NOW)).toMatchObject({ outcome: 'violated' })
    const forGood = report([finding('critical', { suppressed: { by: 'vex', reason: 'r', author: 'a' } })])
    expect(checkVulnerabilities(critical(), forGood, NOW)).toEqual({ outcome: 'pass', text: '', until: undefined })
  })

  it.each(['waiting', 'failed', 'unsupported', 'no-data', 'end-of-life'] as const)(
    'does with a report that is %s as it was asked, and never calls it clean by itself',
    (state) => {
      const outcome = (unscanned: string) =>
        checkVulnerabilities(critical({ unscanned }), report([], state, ['because']), NOW).outcome
      expect([outcome('allow'), outcome('warn'), outcome('refuse')]).toEqual(['pass', 'warn', 'violated'])
      expect(checkVulnerabilities(critical(), report([], state), NOW).outcome).toBe('warn')
      const known = checkVulnerabilities(critical({ unscanned: 'allow' }), report([finding('critical')], state), NOW)
      expect(known.outcome).toBe('violated')
    },
  )

  it('does with what nobody has rated as it was asked, and never keeps silent about it by itself', () => {
    const unrated = report([finding('unknown'), finding('low', { vulnerability: 'CVE-1' })])
    const found = (more: Record<string, unknown>) => checkVulnerabilities(critical(more), unrated, NOW)
    expect(found({})).toMatchObject({
      outcome: 'warn',
      text: 'nobody has rated CVE-2024-3094 (unknown) in xz-utils 5.6.0, not fixed yet',
    })
    expect(found({})).toEqual(found({ unrated: 'warn' }))
    expect(found({}).findings).toHaveLength(1)
    expect(found({ unrated: 'count' })).toMatchObject({ outcome: 'violated' })
    expect(found({ unrated: 'ignore' })).toEqual({ outcome: 'pass', text: '', until: undefined })
    expect(found({ severity: 'low' })).toMatchObject({ outcome: 'violated', text: expect.stringContaining('CVE-1') })
    expect(found({ severity: 'unknown', unrated: 'ignore' })).toMatchObject({ outcome: 'violated' })
    expect(found({ fixAvailable: true })).toMatchObject({ outcome: 'pass' })
  })

  it('says nothing of unrated ones that are suppressed, until that ends, and gives them days of grace', () => {
    const suppressed = { by: 'exception', reason: 'r', author: 'a', until: new Date(NOW) } as const
    const some = report([finding('unknown', { suppressed })])
    expect(checkVulnerabilities(critical(), some, NOW - 1)).toEqual({ outcome: 'pass', text: '', until: NOW })
    expect(checkVulnerabilities(critical(), some, NOW).outcome).toBe('warn')
    const late = (now: number) =>
      checkVulnerabilities(critical({ graceDays: 10, unrated: 'count' }), report([finding('unknown')]), now)
    expect([late(NOW - 1).outcome, late(NOW).outcome]).toEqual(['warn', 'violated'])
  })

  it('looks again soon at what may come any moment', () => {
    const found = checkVulnerabilities(critical({ unscanned: 'refuse' }), report([], 'waiting'), NOW)
    expect(found.until).toBeGreaterThan(NOW)
    expect(found.until).toBeLessThanOrEqual(NOW + 60_000)
  })

  it('shows nothing that could command a terminal', () => {
    const evil = finding('critical', { package: '\u001b[2Jxz', version: `1${'9'.repeat(500)}` })
    const { text } = checkVulnerabilities(critical(), report([evil]), NOW)
    expect(text).not.toMatch(/[^\x20-\x7e…]/)
    expect(text.length).toBeLessThan(300)
  })

  it('is violated exactly when something grave enough is due, and right until it says', () => {
    const anyFinding = fc.record({
      severity: fc.constantFrom(...SEVERITIES),
      fixedVersion: fc.option(fc.constant('2'), { nil: undefined }),
      age: fc.integer({ min: -5, max: 40 }),
      suppressedFor: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(
        fc.array(anyFinding, { maxLength: 6 }),
        fc.record({ severity: fc.constantFrom(...SEVERITIES), fixAvailable: fc.boolean(), graceDays: fc.nat(30) }),
        fc.array(fc.integer({ min: 0, max: 60 * DAY_MS }), { maxLength: 5 }),
        (made, rule, later) => {
          const check = asked('vulnerabilities', rule)
          const findings = made.map(({ severity, fixedVersion, age, suppressedFor }) =>
            finding(severity, {
              ...(fixedVersion === undefined ? {} : { fixedVersion }),
              firstSeen: new Date(NOW - age * DAY_MS),
              ...(suppressedFor === undefined
                ? {}
                : { suppressed: { by: 'vex', reason: '', author: '', until: new Date(NOW + suppressedFor * DAY_MS) } }),
            }),
          )
          const isBad = (now: number) =>
            findings.some(
              (each) =>
                severityRank(each.severity) >= severityRank(rule.severity) &&
                (!rule.fixAvailable || each.fixedVersion !== undefined) &&
                (each.suppressed?.until === undefined || each.suppressed.until.getTime() <= now) &&
                now - each.firstSeen.getTime() >= rule.graceDays * DAY_MS,
            )
          const result = checkVulnerabilities(check, report(findings), NOW)
          expect(result.outcome === 'violated').toBe(isBad(NOW))
          for (const ms of later)
            if (result.until === undefined || NOW + ms < result.until) {
              const then = checkVulnerabilities(check, report(findings), NOW + ms)
              expect(then.outcome).toBe(result.outcome)
            }
        },
      ),
    )
  })
})

function signature(trustedBy: readonly string[], more: Partial<VerifiedSignature> = {}): VerifiedSignature {
  return { format: 'cosign', manifest: DIGEST, signer: { name: 'key' }, trustedBy, checks: [], ...more }
}

describe('signatures', () => {
  const signed = (...signatures: VerifiedSignature[]) => [{ signatures, problems: [] }]
  const any = asked('signatures', { anchors: ['ci', 'release'] })
  const all = asked('signatures', { anchors: ['ci', 'release'], require: 'all' })

  it('are enough when one anchor accepts one, or each does', () => {
    expect(checkSignatures(any, signed(), NOW).outcome).toBe('violated')
    expect(checkSignatures(any, signed(signature([])), NOW).outcome).toBe('violated')
    expect(checkSignatures(any, signed(signature(['other'])), NOW).outcome).toBe('violated')
    expect(checkSignatures(any, signed(signature(['release'])), NOW).outcome).toBe('pass')
    expect(checkSignatures(all, signed(signature(['release'])), NOW)).toMatchObject({
      outcome: 'violated',
      text: 'it has no signature that ci accepts',
    })
    expect(checkSignatures(all, signed(signature(['release']), signature(['ci'])), NOW).outcome).toBe('pass')
    const split = [...signed(signature(['release'])), ...signed(signature(['ci']))]
    expect(checkSignatures(all, split, NOW).outcome).toBe('pass')
  })

  it('are something else than attestations, and each of these than another', () => {
    const slsa = asked('attestations', { predicateType: 'https://slsa.dev/provenance/v1', anchors: ['ci'] })
    const attested = (predicateType: string) => signed(signature(['ci'], { predicateType }))
    expect(checkSignatures(any, attested('https://slsa.dev/provenance/v1'), NOW).outcome).toBe('violated')
    expect(checkSignatures(slsa, attested('https://slsa.dev/provenance/v1'), NOW).outcome).toBe('pass')
    expect(checkSignatures(slsa, attested('https://slsa.dev/provenance/v10'), NOW).outcome).toBe('violated')
    expect(checkSignatures(slsa, signed(signature(['ci'])), NOW).outcome).toBe('violated')
    expect(checkSignatures(any, attested('https://sigstore.dev/cosign/sign/v1'), NOW).outcome).toBe('pass')
  })

  it('end when they say so', () => {
    const found = (now: number) => checkSignatures(any, signed(signature(['ci'], { validUntil: new Date(NOW) })), now)
    expect(found(NOW - 1)).toMatchObject({ outcome: 'pass', until: NOW })
    expect(found(NOW)).toMatchObject({ outcome: 'violated' })
  })
})

describe('what an image says of itself', () => {
  const facts = (more: object) => ({ labels: {}, ...more })

  it('labels must be there, and be as they should', () => {
    const check = asked('labels', { required: { owner: '*', 'org.team': 'team-*' } })
    const outcome = (labels: Record<string, string>) => checkLabels(check, { labels }).outcome
    expect(outcome({ owner: 'ann', 'org.team': 'team-a' })).toBe('pass')
    expect(outcome({ owner: '', 'org.team': 'team-a' })).toBe('violated')
    expect(outcome({ 'org.team': 'team-a' })).toBe('violated')
    expect(outcome({ owner: 'ann', 'org.team': 'other' })).toBe('violated')
    expect(outcome({ owner: 'ann', 'org.team': `team-${'a'.repeat(1e6)}` })).toBe('violated')
    expect(checkLabels(asked('labels', { required: { toString: '*' } }), { labels: {} }).outcome).toBe('violated')
  })

  it('bases are on the list by name or digest', () => {
    const check = asked('base', { allow: ['docker.io/library/debian:12*', DIGEST] })
    const outcome = (base?: { name?: string; digest?: string }) => checkBase(check, facts({ base })).outcome
    expect(outcome({ name: 'docker.io/library/debian:12-slim' })).toBe('pass')
    expect(outcome({ name: 'docker.io/library/debian:12/../evil' })).toBe('violated')
    expect(outcome({ name: 'other', digest: DIGEST })).toBe('pass')
    expect(outcome({ name: DIGEST })).toBe('violated')
    expect(outcome({ name: '' })).toBe('violated')
    expect(outcome()).toBe('violated')
  })

  it('age is counted to the millisecond, and nothing is younger than now', () => {
    const check = asked('age', { maxDays: 30 })
    const found = (created: string | undefined) => checkAge(check, facts({ created }), NOW)
    const at = (ms: number) => new Date(NOW - ms).toISOString()
    expect(found(at(30 * DAY_MS - 1))).toMatchObject({ outcome: 'pass', until: NOW + 1 })
    expect(found(at(30 * DAY_MS)).outcome).toBe('violated')
    expect(found(undefined).outcome).toBe('violated')
    expect(found('yesterday').outcome).toBe('violated')
    expect(found('9999-01-01T00:00:00Z').outcome).toBe('violated')
    expect(found('+275760-09-13T00:00:00.000Z').outcome).toBe('violated')
  })
})
