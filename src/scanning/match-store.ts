import type { Executor, Transaction } from '../metadata/db.ts'
import type { LooseEnds } from '../inventory/store.ts'
import { batches } from '../lib/breaths.ts'
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

export interface SavedMatches {
  /** Packages of which something is different now. */
  readonly changed: readonly number[]
  /** Those of which nothing was known before, not even that there is nothing. */
  readonly fresh: readonly number[]
}

/** Writes down what packages have by this version of the data. */
export async function saveMatches(
  tx: Transaction,
  found: readonly PackageMatches[],
  { version, ecosystems, now }: { version: string; ecosystems: ReadonlyMap<number, string>; now: Date },
): Promise<SavedMatches> {
  const ids = found.map(({ packageId }) => packageId)
  const known = await knownMatches(tx, ids)
  const unclear = new Set(await listUnclear(tx, ids))
  const changed = found.filter(
    (each) =>
      !isSame(known.get(each.packageId) ?? [], each.matches) || (each.unclear === true) !== unclear.has(each.packageId),
  )
  for (const { packageId, matches } of changed)
    await removeOthers(tx, packageId, { before: known.get(packageId) ?? [], matches })
  await insertMatches(tx, changed, now)
  await saveVulnerabilities(tx, changed, ecosystems)
  const fresh = await tx.db
    .selectFrom('packages')
    .select('id')
    .where('id', 'in', ids)
    .where('matched_with', '=', '')
    .execute()
  await tx.db.updateTable('packages').set({ matched_with: version, unclear: 0 }).where('id', 'in', ids).execute()
  const nowUnclear = found.filter((each) => each.unclear).map(({ packageId }) => packageId)
  if (nowUnclear.length > 0)
    await tx.db.updateTable('packages').set({ unclear: 1 }).where('id', 'in', nowUnclear).execute()
  return { changed: changed.map(({ packageId }) => packageId), fresh: fresh.map(({ id }) => id) }
}

async function listUnclear(tx: Transaction, ids: readonly number[]): Promise<number[]> {
  const rows = await tx.db.selectFrom('packages').select('id').where('id', 'in', ids).where('unclear', '=', 1).execute()
  return rows.map(({ id }) => id)
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

async function removeOthers(
  tx: Transaction,
  packageId: number,
  { before, matches }: { before: readonly KnownMatch[]; matches: readonly Match[] },
): Promise<void> {
  const wanted = new Set(matches.map(({ vulnerability }) => vulnerability.id))
  const gone = before.map(({ vulnerability }) => vulnerability).filter((id) => !wanted.has(id))
  if (gone.length === 0) return
  await tx.db
    .deleteFrom('package_matches')
    .where('package_id', '=', packageId)
    .where('vulnerability', 'in', gone)
    .execute()
}

/** Few enough parameters for one statement of either engine. */
const AT_ONCE = 100

async function insertMatches(tx: Transaction, found: readonly PackageMatches[], now: Date): Promise<void> {
  const rows = found.flatMap(({ packageId, matches }) =>
    matches.map(({ vulnerability, advisory, fixedVersion }) => ({
      ...{ package_id: packageId, vulnerability: vulnerability.id, advisory },
      ...{ fixed_version: fixedVersion ?? null, severity: severityRank(vulnerability.severity) },
      first_seen_at: now.getTime(),
    })),
  )
  for (const some of batches(rows, AT_ONCE))
    await tx.db
      .insertInto('package_matches')
      .values([...some])
      .onConflict((conflict) =>
        conflict.columns(['package_id', 'vulnerability']).doUpdateSet(({ ref }) => ({
          advisory: ref('excluded.advisory'),
          fixed_version: ref('excluded.fixed_version'),
          severity: ref('excluded.severity'),
        })),
      )
      .execute()
}

async function saveVulnerabilities(
  tx: Transaction,
  found: readonly PackageMatches[],
  ecosystems: ReadonlyMap<number, string>,
): Promise<void> {
  const rows = new Map<string, { id: string; ecosystem: string; content: string; modified_at: number }>()
  for (const { packageId, matches } of found)
    for (const { vulnerability } of matches) {
      const { id, severity: _, published, modified, ...rest } = vulnerability
      const ecosystem = ecosystems.get(packageId) ?? ''
      const content: VulnerabilityContent = {
        ...rest,
        ...(published && { published: published.toISOString() }),
        modified: modified.toISOString(),
      }
      const row = { id, ecosystem, content: JSON.stringify(content), modified_at: modified.getTime() }
      rows.set(JSON.stringify([id, ecosystem]), row)
    }
  for (const some of batches([...rows.values()], AT_ONCE))
    await tx.db
      .insertInto('vulnerabilities')
      .values([...some])
      .onConflict((conflict) =>
        conflict.columns(['id', 'ecosystem']).doUpdateSet(({ ref }) => ({
          content: ref('excluded.content'),
          modified_at: ref('excluded.modified_at'),
        })),
      )
      .execute()
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

/** Of a page by id, packages that no image has any more. */
export async function findGonePackages(executor: Executor, after: number, limit: number): Promise<LooseEnds<number>> {
  const rows = await executor.db
    .selectFrom('packages')
    .select(({ exists, selectFrom }) => [
      'id',
      exists(
        selectFrom('image_packages')
          .select('image_packages.image_id')
          .whereRef('image_packages.package_id', '=', 'packages.id'),
      ).as('isHeld'),
    ])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return { gone: rows.filter(({ isHeld }) => !isHeld).map(({ id }) => id), last: rows.at(-1)?.id }
}

/** Those that no image has still. */
export async function removePackages(tx: Transaction, ids: readonly number[]): Promise<void> {
  const held = await tx.db.selectFrom('image_packages').select('package_id').where('package_id', 'in', ids).execute()
  const gone = ids.filter((id) => !held.some((row) => row.package_id === id))
  if (gone.length === 0) return
  await tx.db.deleteFrom('package_matches').where('package_id', 'in', gone).execute()
  await tx.db.deleteFrom('packages').where('id', 'in', gone).execute()
}
