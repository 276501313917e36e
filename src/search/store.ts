import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Range } from './query.ts'

export interface RepositoryRow {
  readonly id: number
  readonly name: RepositoryName
}

/**
 * Where to look: `all`, or at the place of the id of each repository a byte that says whether it is one. Looking at a
 * byte costs a row nothing; a list of thousands of ids would be read anew by each query.
 */
export type Within = 'all' | Uint8Array
export const IS_WITHIN = 1
const MARK = Uint8Array.of(IS_WITHIN)

interface Page {
  readonly within: Within
  /** What the last item was: its first and its second key; empty texts at the beginning. */
  readonly after: readonly string[]
  readonly limit: number
}

function isWithin(engine: Executor['engine'], within: Within, column: string): RawBuilder<boolean> {
  if (within === 'all') return sql<boolean>`1 = 1`
  const bytes = sql.raw(engine === 'sqlite' ? 'blob' : 'bytea')
  const place = sql`cast(${sql.ref(column)} as integer) + 1`
  return sql<boolean>`substr(cast(${within} as ${bytes}), ${place}, 1) = cast(${MARK} as ${bytes})`
}

function inRange(column: string, ranges: readonly Range[]): RawBuilder<boolean> {
  const each = ranges.map(({ from, to }) => sql`(${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to})`)
  return sql<boolean>`(${sql.join(each, sql` or `)})`
}

/** Every repository that holds an image, by name. */
export async function listAllRepositories({ db }: Executor): Promise<RepositoryRow[]> {
  return db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where('deleted_at', 'is', null)
    .where(
      sql<boolean>`exists (select 1 from manifests where repository_id = repositories.id and deletion is null limit 1 offset 0)`,
    )
    .orderBy('name')
    .execute()
}

export interface TagRow {
  readonly repository: RepositoryName
  readonly tag: Tag
  readonly digest: Digest
}

/** By tag, then by repository. */
export async function findTags(
  { db, engine }: Executor,
  range: Range,
  { within, after, limit }: Page,
): Promise<TagRow[]> {
  const [tag = '', repository = ''] = after
  return db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select(['repositories.name as repository', 'tags.name as tag', 'tags.digest'])
    .where(inRange('tags.name', [range]))
    .where(sql<boolean>`tags.name >= ${tag}`)
    .where(
      sql<boolean>`(tags.name > ${tag} or tags.repository_id > coalesce((select id from repositories where name = ${repository}), 0))`,
    )
    .where('repositories.deleted_at', 'is', null)
    .where(isWithin(engine, within, 'tags.repository_id'))
    .orderBy('tags.name')
    .orderBy('tags.repository_id')
    .limit(limit)
    .execute()
}

export interface ManifestRow {
  readonly repository: RepositoryName
  readonly digest: Digest
}

/** By digest, then by repository. */
export async function findDigests(
  { db, engine }: Executor,
  ranges: readonly Range[],
  { within, after, limit }: Page,
): Promise<ManifestRow[]> {
  const [digest = '', repository = ''] = after
  return db
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['repositories.name as repository', 'manifests.digest'])
    .where(inRange('manifests.digest', ranges))
    .where(sql<boolean>`(manifests.digest, repositories.name) > (${digest}, ${repository})`)
    .where('manifests.deletion', 'is', null)
    .where('repositories.deleted_at', 'is', null)
    .where(isWithin(engine, within, 'manifests.repository_id'))
    .orderBy('manifests.digest')
    .orderBy('repositories.name')
    .limit(limit)
    .execute()
}

export interface TextRow extends ManifestRow {
  readonly repositoryId: number
  /** JSON object, perhaps cut off. */
  readonly content: string
}

/** Manifests whose annotations, or whose images' labels, have all of the words; by digest, then by repository. */
export async function findTexts(
  { db, engine }: Executor,
  { kind, words }: { readonly kind: 'annotation' | 'label'; readonly words: readonly string[] },
  { within, after, limit }: Page,
): Promise<TextRow[]> {
  const [digest = '', repository = ''] = after
  const matches =
    engine === 'sqlite'
      ? sql<boolean>`search_texts.id in (select rowid from search_words where search_words match ${words.map((word) => `"${word}"*`).join(' ')})`
      : sql<boolean>`search_words(search_texts.content) @@ to_tsquery('simple', ${words.map((word) => `'${word}':*`).join(' & ')})`
  return db
    .selectFrom('search_texts')
    .innerJoin('manifests', 'manifests.digest', 'search_texts.digest')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['repositories.name as repository', 'repositories.id as repositoryId'])
    .select(['search_texts.digest', 'search_texts.content'])
    .where('search_texts.kind', '=', kind)
    .where(matches)
    .where(sql<boolean>`(search_texts.digest, repositories.name) > (${digest}, ${repository})`)
    .where('manifests.deletion', 'is', null)
    .where('repositories.deleted_at', 'is', null)
    .where(isWithin(engine, within, 'manifests.repository_id'))
    .orderBy('search_texts.digest')
    .orderBy('repositories.name')
    .limit(limit)
    .execute()
}

export interface PackageRow {
  readonly id: number
  readonly name: string
  readonly version: string
}

function isSomewhere(engine: Executor['engine'], within: Within, packageId: string): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select 1 from image_packages
    join images on images.id = image_packages.image_id
    join manifests on manifests.digest = images.digest
    join repositories on repositories.id = manifests.repository_id
    where image_packages.package_id = ${sql.ref(packageId)} and manifests.deletion is null
      and repositories.deleted_at is null and ${isWithin(engine, within, 'manifests.repository_id')})`
}

/** By name, then by id. */
export async function findPackages(
  { db, engine }: Executor,
  range: Range,
  { within, after, limit }: Page,
): Promise<PackageRow[]> {
  const [name = '', id = ''] = after
  return db
    .selectFrom('packages')
    .select(['id', 'name', 'version'])
    .where(inRange('name', [range]))
    .where(sql<boolean>`(name, id) > (${name}, ${Number(id)})`)
    .where(isSomewhere(engine, within, 'packages.id'))
    .orderBy('name')
    .orderBy('id')
    .limit(limit)
    .execute()
}

export interface MatchRow extends PackageRow {
  readonly vulnerability: string
}

/** By vulnerability, then by package. */
export async function findVulnerabilities(
  { db, engine }: Executor,
  { ranges, ids }: { readonly ranges: readonly Range[]; readonly ids: readonly string[] },
  { within, after, limit }: Page,
): Promise<MatchRow[]> {
  const [vulnerability = '', id = ''] = after
  const exact = ids.map((each) => ({ from: each, to: `${each}\u0001` }))
  return db
    .selectFrom('package_matches')
    .innerJoin('packages', 'packages.id', 'package_matches.package_id')
    .select(['package_matches.vulnerability', 'packages.id', 'packages.name', 'packages.version'])
    .where(inRange('package_matches.vulnerability', [...ranges, ...exact]))
    .where(
      sql<boolean>`(package_matches.vulnerability, package_matches.package_id) > (${vulnerability}, ${Number(id)})`,
    )
    .where(isSomewhere(engine, within, 'package_matches.package_id'))
    .orderBy('package_matches.vulnerability')
    .orderBy('package_matches.package_id')
    .limit(limit)
    .execute()
}

/** Under which other ids the same vulnerability is written down here. */
export async function findAliases({ db }: Executor, id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('vulnerabilities')
    .select('id')
    .distinct()
    .where('content', 'like', `%"${id}"%`)
    .limit(100)
    .execute()
  return rows.map((row) => row.id)
}

/** Images that have a package, by repository. */
export async function findPlaces(
  { db, engine }: Executor,
  packageId: number,
  { within, after, limit }: Page,
): Promise<(ManifestRow & { readonly repositoryId: number })[]> {
  const [repository = '', digest = ''] = after
  return db
    .selectFrom('image_packages')
    .innerJoin('images', 'images.id', 'image_packages.image_id')
    .innerJoin('manifests', 'manifests.digest', 'images.digest')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['repositories.name as repository', 'repositories.id as repositoryId', 'images.digest'])
    .where('image_packages.package_id', '=', packageId)
    .where(sql<boolean>`(repositories.name, images.digest) > (${repository}, ${digest})`)
    .where('manifests.deletion', 'is', null)
    .where('repositories.deleted_at', 'is', null)
    .where(isWithin(engine, within, 'manifests.repository_id'))
    .orderBy('repositories.name')
    .orderBy('images.digest')
    .limit(limit)
    .execute()
}
