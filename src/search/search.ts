import { findHeldImage } from '../inventory/load.ts'
import type { Executor } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { matchOf } from './matched.ts'
import {
  type Cursor,
  digestRanges,
  formatCursor,
  type Kind,
  packageRange,
  tagRange,
  vulnerabilityRanges,
  wholeId,
  wordsOf,
} from './query.ts'
import type { Sight } from './sight.ts'
import {
  findAliases,
  findDigests,
  findPackages,
  findPlaces,
  findTags,
  findTexts,
  findVulnerabilities,
  type PackageRow,
} from './store.ts'

export interface Found {
  readonly kind: Kind
  readonly repository: RepositoryName
  readonly tag?: string
  readonly digest?: Digest
  /** What it was found by: a label's name and value, a package's name and version. */
  readonly matched: { readonly name: string; readonly value: string }
}

export interface SearchRequest {
  readonly query: string
  readonly kinds: readonly Kind[]
  readonly after: Cursor | undefined
  readonly limit: number
}

/** Something found, and what comes after it. */
interface Item {
  readonly found: Found
  readonly key: readonly string[]
}

interface Look {
  readonly reader: Executor
  readonly sight: Sight
  readonly query: string
  readonly after: readonly string[]
  readonly limit: number
}

/** Kind after kind, as far as the page goes; nothing but what the asker's sight has. */
export async function search(
  reader: Executor,
  sight: Sight,
  { query, kinds, after, limit }: SearchRequest,
): Promise<{ readonly items: readonly Found[]; readonly next?: string }> {
  const items: Found[] = []
  if (query === '' || sight.repositories.length === 0) return { items }
  let last: Cursor | undefined
  const from = after === undefined ? 0 : kinds.indexOf(after.kind)
  for (const kind of kinds.slice(Math.max(from, 0))) {
    const key = kind === after?.kind ? after.key : []
    const look = { reader, sight, query, after: key, limit: limit + 1 }
    for await (const item of LOOKS[kind](look)) {
      if (items.length === limit && last !== undefined) return { items, next: formatCursor(last) }
      items.push(item.found)
      last = { kind, key: item.key }
    }
  }
  return { items }
}

const LOOKS: Readonly<Record<Kind, (look: Look) => AsyncGenerator<Item>>> = {
  repository: lookForRepositories,
  tag: lookForTags,
  digest: lookForDigests,
  label: (look) => lookForTexts(look, 'label'),
  annotation: (look) => lookForTexts(look, 'annotation'),
  package: lookForPackages,
  vulnerability: lookForVulnerabilities,
}

async function* lookForRepositories({ sight, query, after }: Look): AsyncGenerator<Item> {
  const [last = ''] = after
  const part = query.toLowerCase()
  for (const { name } of sight.repositories)
    if (name > last && name.includes(part))
      yield { found: { kind: 'repository', repository: name, matched: { name: 'name', value: name } }, key: [name, ''] }
}

/** Reads on, page by page, for as long as somebody takes what was read. */
async function* pages<T>(
  { sight, after, limit }: Look,
  read: (page: { within: Sight['within']; after: readonly string[]; limit: number }) => Promise<readonly T[]>,
  keyOf: (row: T) => readonly string[],
): AsyncGenerator<T> {
  for (let key = after; ;) {
    const rows = await read({ within: sight.within, after: key, limit })
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < limit) return
    key = keyOf(last)
  }
}

async function* lookForTags(look: Look): AsyncGenerator<Item> {
  const range = tagRange(look.query)
  if (range === undefined) return
  const keyOf = (row: { tag: string; repository: string }) => [row.tag, row.repository]
  for await (const row of pages(look, (page) => findTags(look.reader, range, page), keyOf))
    yield { found: { kind: 'tag', ...row, matched: { name: 'tag', value: row.tag } }, key: keyOf(row) }
}

const byDigest = (row: { digest: string; repository: string }) => [row.digest, row.repository]

async function* lookForDigests(look: Look): AsyncGenerator<Item> {
  const ranges = digestRanges(look.query)
  if (ranges.length === 0) return
  for await (const row of pages(look, (page) => findDigests(look.reader, ranges, page), byDigest))
    yield { found: { kind: 'digest', ...row, matched: { name: 'digest', value: row.digest } }, key: byDigest(row) }
}

async function* lookForTexts(look: Look, kind: 'annotation' | 'label'): AsyncGenerator<Item> {
  const words = wordsOf(look.query)
  if (words.length === 0) return
  for await (const row of pages(look, (page) => findTexts(look.reader, { kind, words }, page), byDigest)) {
    const { repository, digest } = row
    // Labels stand in a blob: whoever has the manifest only learns nothing of it.
    if (kind === 'label' && (await findHeldImage(look.reader, row, digest)) === undefined) continue
    yield { found: { kind, repository, digest, matched: matchOf(row.content, words) }, key: byDigest(row) }
  }
}

async function* lookForPackages(look: Look): AsyncGenerator<Item> {
  const range = packageRange(look.query)
  const keyOf = ({ name, id }: PackageRow) => [name, String(id)]
  for await (const row of pages(look, (page) => findPackages(look.reader, range, page), keyOf)) {
    const place = await placeOf(look, row.id)
    if (place !== undefined)
      yield {
        found: { kind: 'package', ...place, matched: { name: row.name, value: row.version } },
        key: keyOf(row),
      }
  }
}

async function* lookForVulnerabilities(look: Look): AsyncGenerator<Item> {
  const ranges = vulnerabilityRanges(look.query)
  if (ranges.length === 0) return
  const whole = wholeId(look.query)
  const ids = whole === undefined ? [] : await findAliases(look.reader, whole)
  const keyOf = (row: PackageRow & { vulnerability: string }) => [row.vulnerability, String(row.id)]
  for await (const row of pages(look, (page) => findVulnerabilities(look.reader, { ranges, ids }, page), keyOf)) {
    const place = await placeOf(look, row.id)
    const matched = { name: row.vulnerability, value: `${row.name} ${row.version}` }
    if (place !== undefined) yield { found: { kind: 'vulnerability', ...place, matched }, key: keyOf(row) }
  }
}

/** One image that has a package: the first that is wholly where the asker may look. */
async function placeOf(
  look: Look,
  packageId: number,
): Promise<{ readonly repository: RepositoryName; readonly digest: Digest } | undefined> {
  const first = { ...look, after: [], limit: 20 }
  const keyOf = (row: { repository: string; digest: string }) => [row.repository, row.digest]
  for await (const row of pages(first, (page) => findPlaces(look.reader, packageId, page), keyOf)) {
    const { repository, digest } = row
    if ((await findHeldImage(look.reader, row, digest)) !== undefined) return { repository, digest }
  }
  return undefined
}
