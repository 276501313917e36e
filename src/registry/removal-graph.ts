import { Breaths, batches, inByteOrder } from '../lib/breaths.ts'
import type { Executor } from '../metadata/db.ts'
import {
  childrenOf,
  countTagsOn,
  type Edge,
  edgeKinds,
  GRAPH_BATCH,
  type GraphManifest,
  indexesOf,
  MOST_COUNTED,
  referrersOf,
  tagsAbout,
  tagsOnPage,
  visibleManifests,
} from '../metadata/manifest-graph.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { isTagAbout } from '../oci/tag-about.ts'

/** A tag that is to go. */
export interface GoingTag {
  readonly tag: Tag
  readonly digest: Digest
  /** When it was last pushed, in milliseconds since 1970, as whoever decided saw it. */
  readonly pushedAt?: number | undefined
  /** It goes because this manifest goes, whose digest is its name: signatures of older cosigns. */
  readonly about?: Digest | undefined
}

export interface Followed {
  readonly tags: readonly GoingTag[]
  /** Each after everything that names it. */
  readonly manifests: readonly GraphManifest[]
  /** Why manifests that were looked at stay, for people. */
  readonly staying: ReadonlyMap<Digest, string>
}

export interface Start {
  readonly repositoryId: RepositoryId
  readonly roots: readonly Digest[]
  readonly tags: readonly GoingTag[]
  /** Whether what hangs on the roots is looked for too. */
  readonly expand: boolean
}

/** Whoever may keep something. */
export interface Keeper {
  tags(tags: readonly GoingTag[]): Promise<readonly GoingTag[]>
  whyKept(digest: Digest): string | undefined
}

/** Everything reachable from the roots, less what something outside of it needs, with all that this needs in turn. */
export async function followGraph(executor: Executor, keeper: Keeper, start: Start): Promise<Followed> {
  const graph = new RemovalGraph(executor, keeper, start)
  await graph.reach()
  await graph.findWhatStays()
  return graph.result()
}

class RemovalGraph {
  readonly #executor: Executor
  readonly #keeper: Keeper
  readonly #start: Start
  readonly #breaths = new Breaths()
  readonly #nodes = new Map<Digest, GraphManifest>()
  readonly #tags = new Map<string, GoingTag>()
  /** How many of those name each manifest. */
  readonly #tagsOn = new Map<Digest, number>()
  /** From each to what stands and falls with it. */
  readonly #dependents = new Map<Digest, Digest[]>()
  readonly #staying = new Map<Digest, string>()
  #kinds = { indexes: true, referrers: true, about: true }

  constructor(executor: Executor, keeper: Keeper, start: Start) {
    this.#executor = executor
    this.#keeper = keeper
    this.#start = start
    for (const tag of start.tags) this.#addTag(tag)
  }

  async reach(): Promise<void> {
    this.#kinds = await edgeKinds(this.#executor, this.#start.repositoryId)
    const seen = new Set(this.#start.roots)
    for (let frontier = [...seen]; frontier.length > 0;) {
      const next: Digest[] = []
      for (const batch of batches(await inByteOrder(frontier), GRAPH_BATCH)) {
        const hanging = await this.#visit(batch)
        next.push(...hanging.filter((to) => !seen.has(to)))
        for (const to of hanging) seen.add(to)
        await this.#breaths.take()
      }
      frontier = [...new Set(next)]
    }
  }

  /** Takes those that are visible in. Returns what hangs on them. */
  async #visit(digests: readonly Digest[]): Promise<readonly Digest[]> {
    const found = await visibleManifests(this.#executor, this.#start.repositoryId, digests)
    for (const node of found) this.#nodes.set(node.digest, node)
    return this.#start.expand ? this.#hangingOn(found.map(({ digest }) => digest)) : []
  }

  async #hangingOn(digests: readonly Digest[]): Promise<Digest[]> {
    const { repositoryId } = this.#start
    const edges: Edge[] = []
    if (this.#kinds.indexes) edges.push(...(await childrenOf(this.#executor, repositoryId, digests)))
    if (this.#kinds.referrers) edges.push(...(await referrersOf(this.#executor, repositoryId, digests)))
    const found = edges.map(({ to }) => to)
    if (this.#kinds.about) {
      const tags = (await tagsAbout(this.#executor, repositoryId, digests)).filter(
        ({ tag, about }) => isTagAbout(tag, about) && !this.#tags.has(tag),
      )
      for (const tag of await this.#keeper.tags(tags)) {
        this.#addTag(tag)
        found.push(tag.digest)
      }
    }
    return found
  }

  #addTag(tag: GoingTag): void {
    if (!this.#tags.has(tag.tag)) this.#tagsOn.set(tag.digest, (this.#tagsOn.get(tag.digest) ?? 0) + 1)
    this.#tags.set(tag.tag, tag)
    if (tag.about !== undefined) this.#addDependent(tag.about, tag.digest)
  }

  #addDependent(from: Digest, to: Digest): void {
    const dependents = this.#dependents.get(from)
    if (dependents === undefined) this.#dependents.set(from, [to])
    else dependents.push(to)
  }

  async findWhatStays(): Promise<void> {
    const outside: Digest[] = []
    for (const batch of batches([...this.#nodes.values()], GRAPH_BATCH)) {
      const digests = batch.map(({ digest }) => digest)
      for (const digest of digests) this.#keep(digest, this.#keeper.whyKept(digest))
      if (this.#kinds.indexes) await this.#followIndexes(digests)
      await this.#followSubjects(batch)
      await this.#followTags(digests)
      await this.#breaths.take()
    }
    for (const { about } of this.#start.tags) if (about !== undefined && !this.#nodes.has(about)) outside.push(about)
    await this.#keepWhatIsAbout(outside)
    this.#spread()
  }

  async #followIndexes(digests: readonly Digest[]): Promise<void> {
    for (const { from, to } of await indexesOf(this.#executor, this.#start.repositoryId, digests))
      if (this.#nodes.has(from)) this.#addDependent(from, to)
      else this.#keep(to, `the index ${from} lists it`)
  }

  async #followSubjects(batch: readonly GraphManifest[]): Promise<void> {
    const outside: Digest[] = []
    for (const { digest, subject } of batch) {
      if (subject === undefined) continue
      if (this.#nodes.has(subject)) this.#addDependent(subject, digest)
      else outside.push(subject)
    }
    if (outside.length === 0) return
    const visible = await visibleManifests(this.#executor, this.#start.repositoryId, outside)
    const kept = new Set(visible.map(({ digest }) => digest))
    for (const { digest, subject } of batch)
      if (subject !== undefined && kept.has(subject)) this.#keep(digest, `it belongs to ${subject}`)
  }

  async #followTags(digests: readonly Digest[]): Promise<void> {
    for (const { digest, tags } of await countTagsOn(this.#executor, this.#start.repositoryId, digests)) {
      if (tags < MOST_COUNTED && tags === (this.#tagsOn.get(digest) ?? 0)) continue
      const other = await this.#findOtherTag(digest)
      if (other !== undefined) this.#keep(digest, `the tag ${other} names it`)
    }
  }

  async #findOtherTag(digest: Digest): Promise<string | undefined> {
    const limit = 1000
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: Tag[] = await tagsOnPage(this.#executor, this.#start.repositoryId, { digest, after, limit })
      const other = page.find((tag) => this.#tags.get(tag)?.digest !== digest)
      if (other !== undefined) return other
      after = page.length < limit ? undefined : page.at(-1)
      await this.#breaths.take()
    }
    return undefined
  }

  /** Tags that go because of something which is not among what goes now stay as long as that is there. */
  async #keepWhatIsAbout(subjects: readonly Digest[]): Promise<void> {
    for (const batch of batches(subjects, GRAPH_BATCH))
      for (const { digest } of await visibleManifests(this.#executor, this.#start.repositoryId, batch))
        this.#keep(digest, 'it is not to go')
  }

  #keep(digest: Digest, reason: string | undefined): void {
    if (reason !== undefined && !this.#staying.has(digest)) this.#staying.set(digest, reason)
  }

  /** What a manifest that stays needs, or what belongs to it, stays too. */
  #spread(): void {
    const waiting = [...this.#staying.keys()]
    for (let from = waiting.pop(); from !== undefined; from = waiting.pop())
      for (const to of this.#dependents.get(from) ?? [])
        if (!this.#staying.has(to)) {
          this.#keep(to, `it belongs to ${from}`)
          waiting.push(to)
        }
  }

  result(): Followed {
    const tags = [...this.#tags.values()].filter(({ about }) => about === undefined || !this.#staying.has(about))
    return { tags, manifests: this.#inOrder(), staying: this.#staying }
  }

  /** Each after everything that names it; what goes round in a circle comes last. */
  #inOrder(): GraphManifest[] {
    const going = new Map([...this.#nodes].filter(([digest]) => !this.#staying.has(digest)))
    const waitsFor = this.#countNamers(going)
    const ordered: GraphManifest[] = []
    const ready = [...going.values()].filter(({ digest }) => !waitsFor.has(digest))
    for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
      ordered.push(node)
      going.delete(node.digest)
      for (const to of this.#dependents.get(node.digest) ?? []) {
        const left = (waitsFor.get(to) ?? 0) - 1
        waitsFor.set(to, left)
        const next = left === 0 ? going.get(to) : undefined
        if (next !== undefined) ready.push(next)
      }
    }
    return [...ordered, ...going.values()]
  }

  #countNamers(going: ReadonlyMap<Digest, GraphManifest>): Map<Digest, number> {
    const namers = new Map<Digest, number>()
    for (const from of going.keys())
      for (const to of this.#dependents.get(from) ?? []) namers.set(to, (namers.get(to) ?? 0) + 1)
    return namers
  }
}
