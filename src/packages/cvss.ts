import { fromVector } from 'ae-cvss-calculator'
import type { Severity, SeverityRating } from './severity.ts'

const MAX_LENGTH = 512
/** A base score needs these; the calculator would take a vector without them for harmless. */
const NEEDED: readonly (readonly [start: string, source: string, metrics: readonly string[]])[] = [
  ['CVSS:4.0/', 'cvss-v4', ['AV', 'AC', 'AT', 'PR', 'UI', 'VC', 'VI', 'VA', 'SC', 'SI', 'SA']],
  ['CVSS:3.1/', 'cvss-v3.1', ['AV', 'AC', 'PR', 'UI', 'S', 'C', 'I', 'A']],
  ['CVSS:3.0/', 'cvss-v3.0', ['AV', 'AC', 'PR', 'UI', 'S', 'C', 'I', 'A']],
  ['', 'cvss-v2', ['AV', 'AC', 'Au', 'C', 'I', 'A']],
]

/** What a CVSS vector says: version 2, 3.0, 3.1 or 4.0. Undefined: it is none, or says too little for a score. */
export function findCvssRating(vector: string): SeverityRating | undefined {
  const text = vector.trim()
  if (text.length > MAX_LENGTH || !/^[A-Za-z0-9:./()]+$/.test(text)) return undefined
  const plain = text.replaceAll(/[()]/g, '')
  const [start = '', source = '', metrics = []] = NEEDED.find(([each]) => plain.startsWith(each)) ?? []
  const said = new Set(
    plain
      .slice(start.length)
      .split('/')
      .map((part) => part.split(':')[0]),
  )
  if (!metrics.every((metric) => said.has(metric))) return undefined
  const score = baseScore(plain)
  return score === undefined ? undefined : { source, severity: severityOfScore(score, source), vector: plain, score }
}

function baseScore(vector: string): number | undefined {
  try {
    const scores: { readonly base?: unknown; readonly overall?: unknown } | undefined =
      fromVector(vector)?.calculateScores()
    const score = scores?.base ?? scores?.overall
    return typeof score === 'number' && score >= 0 && score <= 10 ? score : undefined
  } catch {
    return undefined
  }
}

/** Version 2 has no "critical". */
function severityOfScore(score: number, source: string): Severity {
  if (score === 0) return 'negligible'
  if (score < 4) return 'low'
  if (score < 7) return 'medium'
  return score < 9 || source === 'cvss-v2' ? 'high' : 'critical'
}
