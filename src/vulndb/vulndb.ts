import type { DataStatus } from './data-status.ts'
import { readEcosystems, readSources, withDatabaseFile } from './database-file.ts'
import { matchApart } from './match-process.ts'
import type { PackageMatches, PackageRow } from './package-row.ts'
import type { VulndbPlace } from './place.ts'
import { readStatus } from './read-status.ts'
import { updateEcosystems, type UpdateOptions, type UpdateParts } from './update.ts'
import type { EcosystemUpdate } from './apply-steps.ts'

/**
 * The vulnerability data: a file that is replaced whole, `vulnerabilities.db` in the data folder. Nothing stays open
 * between two calls, so whoever asks sees the newest one, whichever process brought it. `importVulnerabilityData`
 * of import.ts takes data from files.
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

export function openVulndb(place: VulndbPlace): Vulndb {
  return {
    status: () => readStatus(place.data),
    ecosystemsWithData: async () =>
      withDatabaseFile(place.data, (db) => {
        const bases = readSources(db).map(({ ecosystem }) => ecosystem)
        return new Set([...bases, ...readEcosystems(db)])
      }) ?? new Set<string>(),
    match: (packages, signal) => matchApart(place, packages, signal),
  }
}

/**
 * Brings the data of these ecosystems up to date (as OSV calls them: `Debian`, `npm`; a release of one, `Debian:12`,
 * means all of it). What fails leaves what was there, is told in the answer and in `status()`, and does not keep the
 * others from being updated. Downloads here, builds in a process of its own, and swaps the file once at the end.
 *
 * @throws the signal's reason; Error when the new data cannot be written
 */
export function updateVulnerabilityData(
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<readonly EcosystemUpdate[]> {
  return updateEcosystems(parts, options)
}
