import type { Config } from '../config/schema.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import type { ScannerParts } from './external/open-scanner.ts'

/** What rows of the admin API work with, besides what every call brings. */
export interface ScanningParts {
  readonly findings: FindingsSource
  readonly config: Config
  /** Of scanners that are not ours. */
  readonly scanners: ScannerParts
}
