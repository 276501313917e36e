import { findHeldImage } from '../inventory/load.ts'
import { Problem } from '../lib/problem.ts'
import type { Database } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { compareVersions } from '../packages/versions/compare.ts'
import {
  findImagesWith,
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
/** Pages of places that are looked through for one answer: most may be somebody else's. */
const MAX_ROUNDS = 20

/** Which images have a package, or a vulnerability; only those that the asker may pull. @throws Problem */
export async function searchImages(
  database: Database,
  question: PackageQuestion,
  request: SearchRequest,
): Promise<{ readonly items: readonly FoundImage[]; readonly next: string | undefined }> {
  const packages = new Map((await packagesFor(database, question)).map((each) => [each.id, each]))
  const items: (PackagePlace & { readonly package: PackageRecord })[] = []
  let after: string | undefined = request.after
  for (let round = 0; after !== undefined && items.length < request.limit && round < MAX_ROUNDS; round++) {
    const page: PackagePlace[] = await findImagesWith(database.reader, [...packages.keys()], {
      after: parseCursor(after),
      limit: request.limit,
    })
    const last = page.at(-1)
    after = page.length < request.limit || last === undefined ? undefined : `${last.repository}@${last.digest}`
    for (const place of await visibleOf(database, page, request)) {
      const found = packages.get(place.packageId)
      if (found !== undefined) items.push({ ...place, package: found })
    }
  }
  return { items: await withTags(database, items), next: after }
}

async function packagesFor({ reader }: Database, question: PackageQuestion): Promise<PackageRecord[]> {
  const { name, type, below, vulnerability } = question
  if (vulnerability !== undefined) {
    const found = await findPackagesWith(reader, vulnerability, MAX_PACKAGES)
    return name === undefined ? found : found.filter((each) => each.name === name)
  }
  if (name === undefined) throw new Problem('invalid', 'say which package ("name"), or which vulnerability')
  const found = await findPackages(reader, { name, type }, MAX_PACKAGES)
  return below === undefined ? found : found.filter((each) => isBelow(each, below))
}

/** Versions that cannot be compared are told of: better one image too many than one that nobody hears of. */
function isBelow({ ecosystem, type, version }: PackageRecord, limit: string): boolean {
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

async function visibleOf(
  database: Database,
  page: readonly PackagePlace[],
  { mayPull }: SearchRequest,
): Promise<PackagePlace[]> {
  const allowed = new Map<RepositoryName, boolean>()
  const visible: PackagePlace[] = []
  for (const place of page) {
    const { repository, digest } = place
    if (!allowed.has(repository)) allowed.set(repository, await mayPull(repository))
    if (allowed.get(repository) && (await findHeldImage(database.reader, place, digest)) !== undefined)
      visible.push(place)
  }
  return visible
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
