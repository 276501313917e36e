import type { Package } from '../../packages/package.ts'

/** What somebody says that an image holds. */
export interface ReadSbom {
  /** `unknown`: it is no bill of materials that is understood. */
  readonly format: 'cyclonedx' | 'spdx' | 'unknown'
  readonly packages: readonly Package[]
  readonly tool?: string
  readonly problems: readonly string[]
}

/** Replaced by whoever writes this part. */
export function readSbom(_bytes: Uint8Array): ReadSbom {
  return { format: 'unknown', packages: [], problems: [] }
}
