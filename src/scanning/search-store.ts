import type { Executor } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

/** A package that images have. */
export interface PackageRecord {
  readonly id: number
  readonly purl: string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly ecosystem: string
  /** As advisories name it: what it was built from, where that has another name. */
  readonly advisory_name: string
  readonly advisory_version: string
}

const PACKAGE = [
  ...(['id', 'purl', 'type', 'name', 'version', 'ecosystem'] as const),
  ...(['advisory_name', 'advisory_version'] as const),
] as const

/** By their exact name, or that of what they were built from, in the order of their ids. */
export async function findPackages(
  executor: Executor,
  { name, type }: { readonly name: string; readonly type?: string | undefined },
  limit: number,
): Promise<PackageRecord[]> {
  let query = executor.db
    .selectFrom('packages')
    .select(PACKAGE)
    .where(({ or, eb }) => or([eb('name', '=', name), eb('advisory_name', '=', name)]))
  if (type !== undefined) query = query.where('type', '=', type)
  return query.orderBy('id').limit(limit).execute()
}

/** Those that have any of these vulnerabilities. */
export async function findPackagesWith(
  executor: Executor,
  vulnerabilities: readonly string[],
  limit: number,
): Promise<PackageRecord[]> {
  return executor.db
    .selectFrom('package_matches')
    .innerJoin('packages', 'packages.id', 'package_matches.package_id')
    .select(PACKAGE.map((column) => `packages.${column}` as const))
    .distinct()
    .where('package_matches.vulnerability', 'in', vulnerabilities)
    .orderBy('packages.id')
    .limit(limit)
    .execute()
}

/** By which names a vulnerability is written down here: its own, and those of which this one is an alias. */
export async function findNames(executor: Executor, vulnerability: string): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('vulnerabilities')
    .select('id')
    .distinct()
    .where('content', 'like', `%"${vulnerability.replaceAll(/[^A-Za-z0-9:.-]/g, '')}"%`)
    .execute()
  return [...new Set([vulnerability, ...rows.map(({ id }) => id)])]
}

/** Where an image with a package is. */
export interface PackagePlace {
  readonly repository: RepositoryName
  readonly repositoryId: number
  readonly digest: Digest
  readonly packageId: number
}

/** Visible images that have any of these packages, by repository and digest. */
export async function findImagesWith(
  executor: Executor,
  packages: readonly number[],
  {
    after,
    limit,
  }: { readonly after: { readonly repository: string; readonly digest: string }; readonly limit: number },
): Promise<PackagePlace[]> {
  if (packages.length === 0) return []
  return executor.db
    .selectFrom('image_packages')
    .innerJoin('images', 'images.id', 'image_packages.image_id')
    .innerJoin('manifests', 'manifests.digest', 'images.digest')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(({ fn }) => [
      'repositories.name as repository',
      'repositories.id as repositoryId',
      'images.digest as digest',
      fn.min('image_packages.package_id').as('packageId'),
    ])
    .where('image_packages.package_id', 'in', packages)
    .where('manifests.deletion', 'is', null)
    .where('repositories.deleted_at', 'is', null)
    .where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('repositories.name', 'images.digest'),
        '>',
        tuple(after.repository as RepositoryName, after.digest as Digest),
      ),
    )
    .groupBy(['repositories.name', 'repositories.id', 'images.digest'])
    .orderBy('repositories.name')
    .orderBy('images.digest')
    .limit(limit)
    .execute()
}

/** Tags of these images in one repository: those that a person knows them by. */
export async function findTagsOf(
  executor: Executor,
  repositoryId: number,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly string[]>> {
  if (digests.length === 0) return new Map()
  const rows = await executor.db
    .selectFrom('tags')
    .select(['name', 'digest'])
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .orderBy('name')
    .limit(1000)
    .execute()
  const tags = new Map<Digest, string[]>()
  for (const { name, digest } of rows) tags.set(digest, [...(tags.get(digest) ?? []), name])
  return tags
}
