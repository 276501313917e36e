import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { TagList } from './content-source.ts'
import { listTags, type Page, type PageRequest } from './lists.ts'
import { sourcesOf } from './pull-through.ts'
import type { Registry } from './registry.ts'

export interface PulledPage extends Page<string> {
  readonly warning?: string | undefined
}

/** end-8 with what the sources of the repository list, stored here or not. @throws OciError NAME_UNKNOWN */
export async function pullTags(registry: Registry, name: RepositoryName, page: PageRequest): Promise<PulledPage> {
  const covering = await sourcesOf(registry, name)
  if (covering.length === 0 || page.limit === 0) return listTags(registry, name, page)
  const own = await listTags(registry, name, page).catch((error: unknown) => {
    if (error instanceof OciError && error.code === 'NAME_UNKNOWN') return undefined
    throw error
  })
  const supplied: TagList[] = []
  for (const source of covering) supplied.push(...(await source.supplyTags(name, page)))
  const lists = supplied.filter(({ failure }) => failure === undefined).map(toPage)
  if (own === undefined && lists.length === 0) throw supplied.at(0)?.failure ?? unknown(name)
  const warning = supplied.find((list) => list.warning !== undefined)?.warning
  return { ...merge([...(own === undefined ? [] : [own]), ...lists], page.limit), warning }
}

function toPage({ tags, next }: TagList): Page<string> {
  return { items: tags, next }
}

function unknown(name: RepositoryName): OciError {
  return new OciError('NAME_UNKNOWN', { detail: { name } })
}

/** Of several sorted pages one: no further than the shortest that has more, for what follows there is not known yet. */
function merge(lists: readonly Page<string>[], limit: number): Page<string> {
  const horizon = lists
    .flatMap(({ next }) => next ?? [])
    .sort(byBytes)
    .at(0)
  const known = [...new Set(lists.flatMap(({ items }) => items))].sort(byBytes)
  const within = horizon === undefined ? known : known.filter((tag) => byBytes(tag, horizon) <= 0)
  const items = within.slice(0, limit)
  const hasMore = within.length > limit || horizon !== undefined
  return { items, next: hasMore ? items.at(-1) : undefined }
}

/** Tags are ASCII, so code units are bytes. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** end-12: has what refers to a manifest brought here first. Never fails for it. */
export async function supplyReferrers(
  registry: Registry,
  name: RepositoryName,
  subject: Digest,
): Promise<string | undefined> {
  let warning: string | undefined
  for (const source of await sourcesOf(registry, name))
    warning ??= (await source.supplyReferrers(name, subject))?.warning
  return warning
}
