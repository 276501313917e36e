import { findHeldImage } from '../inventory/load.ts'
import { Problem } from '../lib/problem.ts'
import type { Database } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { compareVersions } from '../packages/versions/compare.ts'
import {
  findImagesWith,
  findNames,
  findPackages,
  findPackagesWith,
  findTagsOf,
  type PackagePlace,
  type PackageRecord,
} from './search-store.ts'

export interface PackageQuestion {
  readonly name?: string | undefined
  readonly type?: string | undefined
  /** Only versions before this one. */
  readonly below?: string | undefined
  /** Only those with this vulnerability. */
  readonly vulnerability?: string | undefined
}

/** An image that has what was asked for. */
export interface FoundImage {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly tags: readonly string[]
  /** One of the packages it has; there may be more. */
  readonly package: PackageRecord
}

export interface SearchRequest {
  readonly after: string
  readonly limit: number
  /** Whether whoever asks may pull from there. */
  readonly mayPull: (repository: RepositoryName) => Promise<boolean>
}

/** Versions of one package that are looked at: more than any has. */
const MAX_PACKAGES = 5000
/** Places that are looked through for one answer, most of which may be somebody else's. */
const MAX_ROUNDS = 400
const PLACES = 500

/** Which images have a package, or a vulnerability; only those that the asker may pull. @throws Problem */
export async function searchImages(
  database: Database,
  question: PackageQuestion,
  request: SearchRequest,
): Promise<{ readonly items: readonly FoundImage[]; readonly next: string | undefined }> {
  const packages = new Map((await packagesFor(database, question)).map((each) => [each.id, each]))
  const visible = await findVisible(database, [...packages.keys()], request)
  const items = visible.slice(0, request.limit).flatMap((place) => {
    const found = packages.get(place.packageId)
    return found === undefined ? [] : [{ ...place, package: found }]
  })
  // Only what the asker sees: where a page ended among the places of others is not for him.
  const last = items.at(-1)
  const next = visible.length > request.limit && last ? `${last.repository}@${last.digest}` : undefined
  return { items: await withTags(database, items), next }
}

/** One more than is wanted, if there is one. @throws Problem when it cannot be found out in bounded time */
async function findVisible(
  database: Database,
  packages: readonly number[],
  request: SearchRequest,
): Promise<PackagePlace[]> {
  const visible: PackagePlace[] = []
  const allowed = new Map<RepositoryName, boolean>()
  let after = parseCursor(request.after)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const page = await findImagesWith(database.reader, packages, { after, limit: PLACES })
    for (const place of page) {
      if (await isVisible(database, place, { allowed, mayPull: request.mayPull })) visible.push(place)
      if (visible.length > request.limit) return visible
    }
    const last = page.at(-1)
    if (page.length < PLACES || last === undefined) return visible
    after = last
  }
  throw new Problem(
    'conflict',
    'too many images have it to look through: ask for a version below which, or for one type',
  )
}

async function packagesFor({ reader }: Database, question: PackageQuestion): Promise<PackageRecord[]> {
  const { name, type, below, vulnerability } = question
  if (name === undefined && vulnerability === undefined)
    throw new Problem('invalid', 'say which package ("name"), or which vulnerability')
  const found =
    vulnerability === undefined
      ? await findPackages(reader, { name: name ?? '', type }, MAX_PACKAGES)
      : await findPackagesWith(reader, await findNames(reader, vulnerability), MAX_PACKAGES)
  return found.filter(
    (each) =>
      (name === undefined || each.name === name || each.advisory_name === name) &&
      (type === undefined || each.type === type) &&
      (below === undefined || isBelow(each, below, name)),
  )
}

/** Versions that cannot be compared are told of: better one image too many than one that nobody hears of. */
function isBelow(each: PackageRecord, limit: string, name: string | undefined): boolean {
  const { ecosystem, type } = each
  const version = each.name === name || each.advisory_version === '' ? each.version : each.advisory_version
  try {
    return compareVersions(ecosystem === '' ? (ORDER_OF[type] ?? type) : ecosystem, version, limit) < 0
  } catch {
    return true
  }
}

/** Of packages without advisories. */
const ORDER_OF: Readonly<Record<string, string>> = {
  ...{ deb: 'Debian', apk: 'Alpine', rpm: 'Red Hat', npm: 'npm', pypi: 'PyPI', golang: 'Go', cargo: 'crates.io' },
  ...{ maven: 'Maven', gem: 'RubyGems', nuget: 'NuGet', composer: 'Packagist' },
}

async function isVisible(
  database: Database,
  place: PackagePlace,
  { allowed, mayPull }: { readonly allowed: Map<RepositoryName, boolean>; readonly mayPull: SearchRequest['mayPull'] },
): Promise<boolean> {
  const { repository, digest } = place
  const known = allowed.get(repository)
  const isAllowed = known ?? (await mayPull(repository))
  allowed.set(repository, isAllowed)
  return isAllowed && (await findHeldImage(database.reader, place, digest)) !== undefined
}

async function withTags(
  database: Database,
  items: readonly (PackagePlace & { readonly package: PackageRecord })[],
): Promise<FoundImage[]> {
  const named: FoundImage[] = []
  for (const { repository, repositoryId, digest, package: found } of items) {
    const tags = await findTagsOf(database.reader, repositoryId, [digest])
    named.push({ repository, digest, package: found, tags: tags.get(digest) ?? [] })
  }
  return named
}

function parseCursor(text: string): { readonly repository: string; readonly digest: string } {
  const at = text.indexOf('@')
  return at < 0 ? { repository: text, digest: '' } : { repository: text.slice(0, at), digest: text.slice(at + 1) }
}
