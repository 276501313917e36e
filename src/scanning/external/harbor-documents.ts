import { z } from 'zod'
import type { Severity } from '../../packages/severity.ts'
import { type ExternalFinding, MAX_FINDINGS } from './external-scanner.ts'
import { findDate, parseSeverity, plain } from './said.ts'

// What adapters send: known fields are judged, others left alone. Go writes null for what is empty.

const text = z.string().nullish()
const texts = z.array(z.string().max(1000)).max(1000).nullish()

export const metadataSchema = z.object({
  scanner: z.object({ name: text, vendor: text, version: text }).nullish(),
  capabilities: z
    .array(z.object({ type: text, consumes_mime_types: texts, produces_mime_types: texts }))
    .min(1)
    .max(100),
  properties: z.record(z.string().max(1000), z.unknown()).nullish(),
})
export type AdapterMetadata = z.infer<typeof metadataSchema>

export const acceptedSchema = z.object({ id: z.string().min(1).max(512) })

export const errorSchema = z.object({ error: z.object({ message: z.string() }) })

const score = z.number().min(0).max(10).nullish().catch(null)

const itemSchema = z.object({
  id: z.string().min(1).max(255),
  package: z.string().max(1000).nullish(),
  version: z.string().max(1000).nullish(),
  fix_version: z.string().max(4000).nullish(),
  severity: text,
  description: text,
  preferred_cvss: z
    .object({ score_v3: score, score_v2: score, vector_v3: text, vector_v2: text })
    .nullish()
    .catch(null),
})

export const reportSchema = z.object({
  generated_at: text,
  artifact: z.object({ digest: text }).nullish(),
  scanner: z.object({ name: text, version: text }).nullish(),
  vulnerabilities: z.array(itemSchema).max(MAX_FINDINGS).nullish(),
})
export type HarborReport = z.infer<typeof reportSchema>
type HarborItem = z.infer<typeof itemSchema>

export const DATABASE_UPDATED = 'harbor.scanner-adapter/vulnerability-database-updated-at'

export function dataUpdatedAt({ properties }: AdapterMetadata): Date | undefined {
  const value = properties?.[DATABASE_UPDATED]
  return typeof value === 'string' ? findDate(value) : undefined
}

export function findingsOf({ vulnerabilities }: HarborReport, scanner: string): ExternalFinding[] {
  return (vulnerabilities ?? []).map((item) => toFinding(item, scanner))
}

function toFinding(item: HarborItem, scanner: string): ExternalFinding {
  const severity = parseSeverity(item.severity ?? undefined)
  const fixedVersion = item.fix_version?.trim() ?? ''
  return {
    ...{ vulnerability: plain(item.id), aliases: [], summary: plain(item.description ?? ''), severity },
    ratings: [{ source: scanner, severity }, ...cvssOf(item)],
    ...{ purl: '', package: plain(item.package ?? ''), version: plain(item.version ?? '') },
    ...(fixedVersion === '' ? {} : { fixedVersion: plain(fixedVersion) }),
    ...{ advisory: plain(item.id), scanner },
  }
}

function cvssOf({ preferred_cvss: cvss }: HarborItem) {
  const ratings = [
    { source: 'cvss-v3', score: cvss?.score_v3, vector: cvss?.vector_v3 },
    { source: 'cvss-v2', score: cvss?.score_v2, vector: cvss?.vector_v2 },
  ]
  return ratings.flatMap((rating) => cvssRating(rating))
}

interface SaidCvss {
  readonly source: string
  readonly score?: number | null | undefined
  readonly vector?: string | null | undefined
}

/** Nothing where neither is said: 0 without a vector is how Go says nothing. */
export function cvssRating({ source, score: points, vector }: SaidCvss) {
  const isSaid = typeof vector === 'string' && vector !== ''
  if (!isSaid && (points === undefined || points === null || points === 0)) return []
  return [
    {
      source: plain(source, 100),
      severity: severityOfScore(points ?? undefined),
      ...(isSaid ? { vector: plain(vector, 500) } : {}),
      ...(typeof points === 'number' ? { score: points } : {}),
    },
  ]
}

/** CVSS 3.1 §5. */
function severityOfScore(points: number | undefined): Severity {
  if (points === undefined) return 'unknown'
  if (points >= 9) return 'critical'
  if (points >= 7) return 'high'
  return points >= 4 ? 'medium' : 'low'
}
