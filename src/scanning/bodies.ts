import { z } from 'zod'
import { date } from '../http/api/schemas.ts'
import { type Finding, type FindingsReport, REPORT_STATES } from '../inventory/finding.ts'
import { SEVERITIES, type Severity } from '../packages/severity.ts'

const severity = z.enum(SEVERITIES)

export const findingBody = z.strictObject({
  vulnerability: z.string().describe('The CVE where there is one.'),
  aliases: z.array(z.string()),
  summary: z.string(),
  severity,
  ratings: z.array(
    z.strictObject({
      source: z.string().describe('Who says so.'),
      severity,
      vector: z.string().optional(),
      score: z.number().optional(),
    }),
  ),
  purl: z.string(),
  package: z.string(),
  version: z.string(),
  fixedVersion: z.string().optional().describe('Absent: there is no fixed version yet.'),
  advisory: z.string(),
  published: date.optional(),
  firstSeen: date.describe('When it was first found here: days of grace count from then.'),
  scanner: z.string().describe('Who found it: "berth" is this registry’s own; several with commas between them.'),
  suppressed: z
    .strictObject({
      by: z.enum(['vex', 'exception']),
      reason: z.string(),
      author: z.string(),
      until: date.optional(),
    })
    .optional()
    .describe('Somebody judged it to be none here: it is shown, and does not count.'),
})

const counts = z.strictObject(
  Object.fromEntries(SEVERITIES.map((each) => [each, z.int()])) as Record<Severity, z.ZodInt>,
)

export const reportBody = z.strictObject({
  digest: z.string(),
  state: z
    .enum(REPORT_STATES)
    .describe('What the report can be trusted for: no findings mean something in a complete one only.'),
  reasons: z.array(z.string()).describe('Why it is not complete, and what other scanners did not say.'),
  packages: z.int(),
  dataUpdatedAt: date.optional().describe('How old the vulnerability data is; absent: there is none.'),
  counts: counts.describe('Findings that are not suppressed, by severity.'),
  suppressed: z.int(),
  findings: z.array(findingBody),
})

export function toReportBody(digest: string, report: FindingsReport): z.infer<typeof reportBody> {
  const { state, reasons, packages, dataUpdatedAt, findings } = report
  return {
    ...{ digest, state, reasons: [...reasons], packages },
    ...(dataUpdatedAt && { dataUpdatedAt: dataUpdatedAt.toISOString() }),
    counts: countBySeverity(findings),
    suppressed: findings.filter(({ suppressed }) => suppressed !== undefined).length,
    findings: findings.map(toFindingBody),
  }
}

export function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counted = Object.fromEntries(SEVERITIES.map((each) => [each, 0])) as Record<Severity, number>
  for (const finding of findings) if (finding.suppressed === undefined) counted[finding.severity]++
  return counted
}

function toFindingBody(finding: Finding): z.infer<typeof findingBody> {
  const { aliases, ratings, published, firstSeen, suppressed, ...rest } = finding
  return {
    ...rest,
    aliases: [...aliases],
    ratings: ratings.map((rating) => ({ ...rating })),
    firstSeen: firstSeen.toISOString(),
    ...(published && { published: published.toISOString() }),
    ...(suppressed && {
      suppressed: {
        ...{ by: suppressed.by, reason: suppressed.reason, author: suppressed.author },
        ...(suppressed.until && { until: suppressed.until.toISOString() }),
      },
    }),
  }
}
