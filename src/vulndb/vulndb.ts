import type { Clock } from '../lib/clock.ts'
import type { DataStatus } from './data-status.ts'
import type { PackageMatches, PackageRow } from './package-row.ts'

/** Where the vulnerability data is. */
export interface VulndbPlace {
  /** The data folder of the registry. */
  readonly data: string
  /** How this program is started again, for its child processes; by default as it was started itself. */
  readonly program?: readonly [string, ...string[]]
}

/**
 * The vulnerability data: a file that is replaced whole, `vulnerabilities.db` in the data folder. Nothing stays open
 * between two calls, so whoever asks sees the newest one, whichever process brought it.
 */
export interface Vulndb {
  status(): Promise<DataStatus>
  /** `Debian` and `Debian:12`, `npm`: whatever `PackageRow.ecosystem` of which something is known. Empty: no data. */
  ecosystemsWithData(): Promise<ReadonlySet<string>>
  /**
   * What the packages have, one answer for each package, in their order. Runs in a process of its own, below the others;
   * packages are read as fast as answers are taken, in pages of any size, and all of them are matched against one
   * version of the data. Ending the iteration ends the process.
   *
   * Without any data every answer is empty: ask `ecosystemsWithData` first.
   *
   * @throws MatcherError when the process died; the signal's reason
   */
  match(packages: AsyncIterable<readonly PackageRow[]>, signal?: AbortSignal): AsyncIterable<PackageMatches>
}

/** The process that matches did not come to its end. Trying again later is right. */
export class MatcherError extends Error {
  constructor(what: string) {
    super(`matching packages against vulnerability data failed: ${what}`)
    this.name = 'MatcherError'
  }
}

export interface UpdateParts extends VulndbPlace {
  /** `scanning.vulnerabilities.source` */
  readonly source: string
  readonly allowPrivate: boolean
  readonly clock: Clock
}

export interface EcosystemUpdate {
  readonly ecosystem: string
  readonly outcome: 'updated' | 'unchanged' | 'failed'
  /** That were read anew. */
  readonly records: number
  /** For people. */
  readonly problem?: string
}

export function openVulndb(_place: VulndbPlace): Vulndb {
  throw new Error('not yet')
}

/**
 * Brings the data of these ecosystems up to date (as OSV calls them: `Debian`, `npm`; a release of one, `Debian:12`,
 * means all of it). What fails leaves what was there, is told in the answer and in `status()`, and does not keep the
 * others from being updated. Downloads here, builds in a process of its own, and swaps the file once at the end.
 *
 * @throws the signal's reason; Error when the new data cannot be written
 */
export async function updateVulnerabilityData(
  _parts: UpdateParts,
  _options: { readonly ecosystems: readonly string[]; readonly signal?: AbortSignal },
): Promise<readonly EcosystemUpdate[]> {
  throw new Error('not yet')
}
