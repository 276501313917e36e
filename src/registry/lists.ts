import type { Executor } from '../metadata/db.ts'
import { listReferrerRecords, type ReferrerRecord } from '../metadata/manifests.ts'
import { findRepository, listRepositories } from '../metadata/repositories.ts'
import { listTagNames } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Registry } from './registry.ts'

export interface PageRequest {
  /** Only what comes after this in byte order, whether or not it exists. */
  readonly after: string
  readonly limit: number
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Ask for what comes after this; undefined on the last page. */
  readonly next: string | undefined
}

/** end-8. @throws OciError NAME_UNKNOWN */
export async function listTags(registry: Registry, name: RepositoryName, page: PageRequest): Promise<Page<string>> {
  const { reader } = registry.database
  const tags = await listTagNames(reader, name, { after: page.after, limit: page.limit + 1 })
  if (tags.length === 0 && (await findRepository(reader, name)) === undefined)
    throw new OciError('NAME_UNKNOWN', { detail: { name } })
  return cut(tags, page.limit, (tag) => tag)
}

/** Names of repositories that hold something and that the caller may see. */
export async function listCatalog(
  registry: Registry,
  page: PageRequest,
  maySee: (name: RepositoryName) => Promise<boolean>,
): Promise<Page<string>> {
  const visible: RepositoryName[] = []
  for await (const name of repositoriesAfter(registry.database.reader, page)) {
    if (visible.length > page.limit) break
    if (await maySee(name)) visible.push(name)
  }
  return cut(visible, page.limit, (name) => name)
}

async function* repositoriesAfter(executor: Executor, { after, limit }: PageRequest): AsyncGenerator<RepositoryName> {
  const pageSize = limit + 1
  for (let last = after; ;) {
    const names = await listRepositories(executor, last, pageSize)
    yield* names
    const end = names.at(-1)
    if (end === undefined || names.length < pageSize) return
    last = end
  }
}

export interface ReferrersRequest {
  readonly name: RepositoryName
  readonly subject: Digest
  /** Only these types; empty: all. */
  readonly artifactTypes: readonly string[]
  readonly page: PageRequest
}

/** end-12. Never fails for an unknown repository or subject: there are then no referrers. */
export async function listReferrers(registry: Registry, request: ReferrersRequest): Promise<Page<ReferrerRecord>> {
  const { name, subject, artifactTypes, page } = request
  const records: ReferrerRecord[] = []
  let characters = 0
  while (records.length <= page.limit && characters <= REFERRERS_CHARACTERS) {
    const after = records.at(-1)?.digest ?? page.after
    const limit = Math.min(REFERRERS_BATCH, page.limit + 1 - records.length)
    const query = { name, subject, artifactTypes, after, limit }
    const batch = await listReferrerRecords(registry.database.reader, query)
    records.push(...batch)
    characters += batch.reduce((sum, record) => sum + JSON.stringify(record).length, 0)
    if (batch.length < limit) return cut(records, page.limit, (record) => record.digest)
  }
  if (records.length > page.limit) return cut(records, page.limit, (record) => record.digest)
  return { items: records, next: records.at(-1)?.digest }
}

/** Annotations may be large: no more is read than one answer holds, a few manifests at a time. */
const REFERRERS_BATCH = 16
const REFERRERS_CHARACTERS = 4 * 1024 * 1024

/** Of one item more than the page holds, the page; that there is one more says that another page follows. */
function cut<T>(items: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const page = items.slice(0, limit)
  const last = page.at(-1)
  return { items: page, next: items.length > limit && last !== undefined ? keyOf(last) : undefined }
}
