import { Problem } from '../../lib/problem.ts'
import { RemoteError } from '../../registry/image-source.ts'
import type { ScannerDescription } from './external-scanner.ts'
import { openScanner, type ScannerParts } from './open-scanner.ts'
import type { StoredScanner } from './store.ts'

const PATIENCE_MS = 30_000

/** What it says of itself, or why it cannot be used, for people. */
export async function askScanner(
  parts: ScannerParts,
  scanner: StoredScanner,
): Promise<{ readonly description: ScannerDescription } | { readonly problem: string }> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    return { description: await openScanner(parts, scanner).describe(signal) }
  } catch (error) {
    if (signal.aborted) return { problem: `it did not answer within ${PATIENCE_MS / 1000} s` }
    if (error instanceof RemoteError || error instanceof Problem) return { problem: error.message }
    throw error
  }
}
