import type { Executor, Transaction } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import { severityRank } from '../packages/severity.ts'
import type { PackageMatches, PackageRow } from '../vulndb/package-row.ts'
import type { Match, Vulnerability } from '../vulndb/vulnerability.ts'

/** Which packages are to be matched: those not matched with this version yet, or those never matched at all. */
export interface MatchScope {
  readonly version: string
  readonly onlyNew: boolean
}

interface PageRequest extends MatchScope {
  readonly after: number
  readonly limit: number
}

/** The next page by id. */
export async function listUnmatched(
  executor: Executor,
  { version, onlyNew, after, limit }: PageRequest,
): Promise<PackageRow[]> {
  let query = executor.db
    .selectFrom('packages')
    .select(['id', 'ecosystem', 'advisory_name as name', 'advisory_version as version'])
    .where('id', '>', after)
    .where('ecosystem', '!=', '')
  query = onlyNew ? query.where('matched_with', '=', '') : query.where('matched_with', '!=', version)
  return query.orderBy('id').limit(limit).execute()
}

export async function hasUnmatched(executor: Executor, scope: MatchScope): Promise<boolean> {
  return (await listUnmatched(executor, { ...scope, after: 0, limit: 1 })).length > 0
}

/** What is written of a vulnerability, as those of one ecosystem see it. */
export type VulnerabilityContent = Omit<Vulnerability, 'id' | 'severity' | 'published' | 'modified'> & {
  readonly published?: string
  readonly modified: string
}

interface KnownMatch {
  readonly package_id: number
  readonly vulnerability: string
  readonly advisory: string
  readonly fixed_version: string | null
  readonly severity: number
}

/**
 * Writes down what packages have by this version of the data. Returns the packages of which something is different now.
 */
export async function saveMatches(
  tx: Transaction,
  found: readonly PackageMatches[],
  { version, ecosystems, now }: { version: string; ecosystems: ReadonlyMap<number, string>; now: Date },
): Promise<number[]> {
  const ids = found.map(({ packageId }) => packageId)
  const known = await knownMatches(tx, ids)
  const changed: number[] = []
  for (const { packageId, matches } of found) {
    const before = known.get(packageId) ?? []
    if (isSame(before, matches)) continue
    changed.push(packageId)
    await replaceMatches(tx, packageId, { before, matches, now })
    await saveVulnerabilities(tx, ecosystems.get(packageId) ?? '', matches)
  }
  await tx.db.updateTable('packages').set({ matched_with: version }).where('id', 'in', ids).execute()
  return changed
}

async function knownMatches(tx: Transaction, ids: readonly number[]): Promise<Map<number, KnownMatch[]>> {
  const rows = await tx.db
    .selectFrom('package_matches')
    .select(['package_id', 'vulnerability', 'advisory', 'fixed_version', 'severity'])
    .where('package_id', 'in', ids)
    .execute()
  const known = new Map<number, KnownMatch[]>()
  for (const row of rows) known.set(row.package_id, [...(known.get(row.package_id) ?? []), row])
  return known
}

function isSame(before: readonly KnownMatch[], matches: readonly Match[]): boolean {
  if (before.length !== matches.length) return false
  const known = new Map(before.map((row) => [row.vulnerability, row]))
  return matches.every(({ vulnerability, advisory, fixedVersion }) => {
    const row = known.get(vulnerability.id)
    return (
      row !== undefined &&
      row.advisory === advisory &&
      row.fixed_version === (fixedVersion ?? null) &&
      row.severity === severityRank(vulnerability.severity)
    )
  })
}

async function replaceMatches(
  tx: Transaction,
  packageId: number,
  { before, matches, now }: { before: readonly KnownMatch[]; matches: readonly Match[]; now: Date },
): Promise<void> {
  const wanted = new Set(matches.map(({ vulnerability }) => vulnerability.id))
  const gone = before.map(({ vulnerability }) => vulnerability).filter((id) => !wanted.has(id))
  if (gone.length > 0)
    await tx.db
      .deleteFrom('package_matches')
      .where('package_id', '=', packageId)
      .where('vulnerability', 'in', gone)
      .execute()
  for (const { vulnerability, advisory, fixedVersion } of matches) {
    const row = { advisory, fixed_version: fixedVersion ?? null, severity: severityRank(vulnerability.severity) }
    await tx.db
      .insertInto('package_matches')
      .values({ package_id: packageId, vulnerability: vulnerability.id, ...row, first_seen_at: now.getTime() })
      .onConflict((conflict) => conflict.columns(['package_id', 'vulnerability']).doUpdateSet(row))
      .execute()
  }
}

async function saveVulnerabilities(tx: Transaction, ecosystem: string, matches: readonly Match[]): Promise<void> {
  for (const { vulnerability } of matches) {
    const { id, severity: _, published, modified, ...rest } = vulnerability
    const content: VulnerabilityContent = {
      ...rest,
      ...(published && { published: published.toISOString() }),
      modified: modified.toISOString(),
    }
    const row = { content: JSON.stringify(content), modified_at: modified.getTime() }
    await tx.db
      .insertInto('vulnerabilities')
      .values({ id, ecosystem, ...row })
      .onConflict((conflict) => conflict.columns(['id', 'ecosystem']).doUpdateSet(row))
      .execute()
  }
}

/** Images that have any of these packages. */
export async function findImagesOf(tx: Transaction, packages: readonly number[]): Promise<Digest[]> {
  if (packages.length === 0) return []
  const rows = await tx.db
    .selectFrom('image_packages')
    .innerJoin('images', 'images.id', 'image_packages.image_id')
    .select('images.digest')
    .distinct()
    .where('image_packages.package_id', 'in', packages)
    .execute()
  return rows.map(({ digest }) => digest)
}

/** As OSV calls them: of all packages that are here. */
export async function listEcosystems(executor: Executor): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('packages')
    .select('ecosystem')
    .distinct()
    .where('ecosystem', '!=', '')
    .execute()
  return rows.map(({ ecosystem }) => ecosystem)
}

/** Packages that no image has any more, and what is known of nothing else. Returns how many rows went. */
export async function forgetPackages(tx: Transaction, limit: number): Promise<number> {
  const gone = await tx.db
    .selectFrom('packages')
    .select('id')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('image_packages')
            .select('image_packages.image_id')
            .whereRef('image_packages.package_id', '=', 'packages.id'),
        ),
      ),
    )
    .limit(limit)
    .execute()
  const ids = gone.map(({ id }) => id)
  if (ids.length > 0) {
    await tx.db.deleteFrom('package_matches').where('package_id', 'in', ids).execute()
    await tx.db.deleteFrom('packages').where('id', 'in', ids).execute()
  }
  return ids.length
}
