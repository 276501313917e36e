import type { Analysis, Analyzer, AnalyzerLimits } from '../../src/inventory/analyzer.ts'
import { LANGUAGE_ANALYZERS } from '../../src/inventory/languages/analyzers.ts'

export const LIMITS: AnalyzerLimits = { depth: 4, bytes: 64 * 1024 * 1024, entries: 20_000 }

/** The analyzer that claims a file, by its name or by its first bytes. */
export function analyzerOf(path: string, content: Uint8Array = Buffer.alloc(0)): Analyzer | undefined {
  const head = { path, sizeBytes: content.byteLength, mode: 0o755 }
  const named = LANGUAGE_ANALYZERS.find((analyzer) => analyzer.wants(head))
  return named ?? LANGUAGE_ANALYZERS.find((analyzer) => analyzer.wantsContent?.(content.subarray(0, 64)) === true)
}

/** What a file tells; undefined when nobody wants it, too. */
export async function analyze(
  path: string,
  content: Uint8Array | string,
  limits: AnalyzerLimits = LIMITS,
): Promise<Analysis | undefined> {
  const bytes = Buffer.from(content)
  return analyzerOf(path, bytes)?.analyze({ path, sizeBytes: bytes.byteLength, mode: 0o755, content: bytes }, limits)
}

/** `name version` of each package. */
export function named(analysis: Analysis | undefined): string[] | undefined {
  return analysis?.packages?.map(({ name, version }) => `${name} ${version}`)
}
