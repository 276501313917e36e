import { batches, Breaths } from '../lib/breaths.ts'
import { Recent } from '../lib/recent.ts'
import type { Executor } from '../metadata/db.ts'
import { type Edge, findTags, GRAPH_BATCH, indexesOf } from '../metadata/manifest-graph.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { findTagsOn, listRepositoryBlobs, namersOfFew, type SizedBlob, subjectsOf } from '../metadata/tag-usage.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'

const PAGE = 2000
/** So many blobs of a repository are looked at, and of these the largest. */
const MAX_BLOBS = 100_000
const LARGEST = 2000
/** Indexes in indexes, and what is about them. */
const MAX_DEPTH = 4

export interface TagUsage {
  readonly tag: Tag
  readonly digest: Digest
  readonly pushedAt: Date
  /** Of blobs that no other tag of the repository needs. */
  readonly bytes: number
}

export interface TagUsages {
  readonly items: readonly TagUsage[]
  /** False: small blobs were left out, so that a tag may hold a little more alone. */
  readonly isComplete: boolean
}

/** What takes no longer is counted whenever somebody asks. */
const QUICK_MS = 50
/** Nobody has more than this part of the time counted by asking again and again. */
const SHARE = 1 / 10

/** The tags of repositories that hold most alone, for everybody who asks at the same time or soon after. */
export class LargestTags {
  readonly #known = new Recent<RepositoryId, { readonly until: () => number; readonly usages: Promise<TagUsages> }>(
    1000,
  )

  of(executor: Executor, repository: RepositoryId, limit: number): Promise<TagUsages> {
    const known = this.#known.get(repository)
    if (known !== undefined && performance.now() < known.until()) return known.usages
    const startedAt = performance.now()
    let until = Number.POSITIVE_INFINITY
    const usages = largestTags(executor, repository, limit).finally(() => {
      const tookMs = performance.now() - startedAt
      until = tookMs < QUICK_MS ? 0 : performance.now() + tookMs / SHARE
    })
    this.#known.set(repository, { until: () => until, usages })
    return usages
  }
}

/** The tags that hold most alone, that one first. What hangs on a tag by an index or a subject counts as its own. */
async function largestTags(executor: Executor, repository: RepositoryId, limit: number): Promise<TagUsages> {
  const { blobs, isComplete } = await largestBlobs(executor, repository)
  const bytes = new Map<Tag, number>()
  const breaths = new Breaths()
  for (const batch of batches(blobs, GRAPH_BATCH)) {
    const owners = await ownersOf(executor, repository, batch)
    for (const { digest, sizeBytes } of batch) {
      const owner = owners.get(digest)
      if (owner !== undefined) bytes.set(owner, (bytes.get(owner) ?? 0) + sizeBytes)
    }
    await breaths.take()
  }
  const most = [...bytes].toSorted(([, a], [, b]) => b - a).slice(0, limit)
  const found = await findTags(
    executor,
    repository,
    most.map(([tag]) => tag),
  )
  const tags = new Map(found.map((each) => [each.tag, each]))
  const items = most.flatMap(([tag, own]) => {
    const at = tags.get(tag)
    return at === undefined ? [] : [{ tag, digest: at.digest, pushedAt: new Date(at.pushedAt), bytes: own }]
  })
  return { items, isComplete }
}

async function largestBlobs(
  executor: Executor,
  repository: RepositoryId,
): Promise<{ readonly blobs: readonly SizedBlob[]; readonly isComplete: boolean }> {
  let blobs: SizedBlob[] = []
  const breaths = new Breaths()
  for (let [after, seen] = ['', 0]; ;) {
    const page = await listRepositoryBlobs(executor, repository, { after, limit: PAGE })
    seen += page.length
    blobs = [...blobs, ...page].toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, LARGEST)
    const last = page.at(-1)
    const isAll = last === undefined || page.length < PAGE
    if (isAll || seen >= MAX_BLOBS) return { blobs, isComplete: isAll && seen <= LARGEST }
    after = last.digest
    await breaths.take()
  }
}

/** Of those blobs that one tag alone needs, that tag. */
async function ownersOf(
  executor: Executor,
  repository: RepositoryId,
  blobs: readonly SizedBlob[],
): Promise<ReadonlyMap<Digest, Tag>> {
  const named = await namersOfFew(
    executor,
    repository,
    blobs.map(({ digest }) => digest),
  )
  const owners = await Owners.find(executor, repository, new Set(named.map(({ from }) => from)))
  const byBlob = new Map<Digest, Set<Tag>>()
  for (const { from, to } of named) add(byBlob, to, owners.of(from))
  return new Map([...byBlob].flatMap(([blob, tags]) => only(tags).map((tag) => [blob, tag] as const)))
}

/** Which tags need a manifest: its own, those of indexes that list it, and those of what it is about. */
class Owners {
  readonly #tags = new Map<Digest, ReadonlySet<Tag>>()
  readonly #above = new Map<Digest, Set<Digest>>()

  static async find(executor: Executor, repository: RepositoryId, manifests: ReadonlySet<Digest>): Promise<Owners> {
    const owners = new Owners()
    const seen = new Set(manifests)
    let level = [...manifests]
    for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
      const above: Digest[] = []
      for (const batch of batches(level, GRAPH_BATCH)) above.push(...(await owners.#learn(executor, repository, batch)))
      level = [...new Set(above)].filter((digest) => !seen.has(digest))
      for (const digest of level) seen.add(digest)
    }
    return owners
  }

  /** Returns what is right above them. */
  async #learn(executor: Executor, repository: RepositoryId, manifests: readonly Digest[]): Promise<Digest[]> {
    for (const { digest, tag, tags } of await findTagsOn(executor, repository, manifests))
      // Two names are enough to know that it is nobody's alone.
      this.#tags.set(digest, new Set(tags === 1 ? [tag] : [tag, '' as Tag]))
    const indexes = await indexesOf(executor, repository, manifests)
    const subjects = await subjectsOf(executor, repository, manifests)
    const edges: readonly Edge[] = [...indexes, ...subjects]
    for (const { from, to } of edges) add(this.#above, to, [from])
    return edges.map(({ from }) => from)
  }

  of(manifest: Digest): ReadonlySet<Tag> {
    const found = new Set<Tag>()
    const seen = new Set<Digest>()
    const visit = (digest: Digest) => {
      if (seen.has(digest)) return
      seen.add(digest)
      for (const tag of this.#tags.get(digest) ?? []) found.add(tag)
      for (const parent of this.#above.get(digest) ?? []) visit(parent)
    }
    visit(manifest)
    return found
  }
}

function add<K, V>(map: Map<K, Set<V>>, key: K, values: Iterable<V>): void {
  const known = map.get(key) ?? new Set()
  for (const value of values) known.add(value)
  map.set(key, known)
}

function only<T>(values: ReadonlySet<T>): readonly T[] {
  return values.size === 1 ? [...values] : []
}
