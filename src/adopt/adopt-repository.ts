import { Breaths } from '../lib/breaths.ts'
import type { Digest } from '../oci/digest.ts'
import { isTag, type RepositoryName, type Tag } from '../oci/name.ts'
import type { Registry } from '../registry/registry.ts'
import { BrokenTree } from '../storage/adopted/layout.ts'
import { ADOPTION, enter, type Entry, type GatheredTag } from './enter.ts'
import { Gatherer, type GatheredManifest, Unadoptable } from './gather.ts'
import type { Place } from './place.ts'
import {
  finishRepository,
  hasProblem,
  replaceProblems,
  type RepositoryCounts,
  repositoryRound,
  writeRound,
} from './store.ts'

/** Looked up together, and entered in one transaction, for which others wait a few milliseconds. */
const BATCH = 100
/** Of one repository, that are told. */
const MAX_PROBLEMS = 100

const GONE = 'it was found in the place, and is not there any more'

export interface AdoptRepository {
  readonly registry: Registry
  readonly place: Place
  readonly name: RepositoryName
  readonly round: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Everything of one repository in a tree. From then on the tree is not asked for it any more, until the next round.
 * Undefined: the signal came first. @throws Error when the tree cannot be read
 */
export async function adoptRepository(options: AdoptRepository): Promise<RepositoryCounts | undefined> {
  const adoption = new Adoption(options)
  await adoption.read()
  return options.signal?.aborted ? undefined : adoption.finish()
}

class Adoption {
  readonly #options: AdoptRepository
  readonly #gatherer: Gatherer
  readonly #seen = new Set<Digest>()
  readonly #problems = new Map<string, string>()
  readonly #breaths = new Breaths()
  #manifests = 0
  #tags = 0

  constructor(options: AdoptRepository) {
    this.#options = options
    const { registry, place, name } = options
    const { maxManifestBytes, allowSparse } = registry.limits
    this.#gatherer = new Gatherer({ layout: place.layout, place: place.name, name, maxManifestBytes, allowSparse })
  }

  async read(): Promise<void> {
    try {
      await this.#readTags()
      await this.#readUntagged()
    } catch (error) {
      if (!(error instanceof BrokenTree)) throw error
      this.#problem('', error.message)
    }
  }

  async #readTags(): Promise<void> {
    const { place, name } = this.#options
    await this.#inBatches(place.layout.tags(name), async (texts) => {
      const found = await Promise.all(texts.map((text) => this.#gatherTag(text)))
      await this.#enter(
        found.flatMap((tag) => tag?.manifests ?? []),
        found.flatMap((tag) => tag?.tags ?? []),
      )
    })
  }

  /** Manifests that no tag names, such as signatures. */
  async #readUntagged(): Promise<void> {
    const { place, name } = this.#options
    await this.#inBatches(place.layout.manifests(name), async (digests) => {
      const fresh = digests.filter((digest) => !this.#seen.has(digest))
      const found = await Promise.all(fresh.map((digest) => this.#gather(digest, digest)))
      await this.#enter(
        found.flatMap((each) => each ?? []),
        [],
      )
    })
  }

  async finish(): Promise<RepositoryCounts> {
    const { registry, place, name, round } = this.#options
    if (this.#manifests + this.#tags + this.#problems.size === 0) await this.#requireListed()
    const counts = { manifests: this.#manifests, tags: this.#tags, problems: this.#problems.size }
    const problems = [...this.#problems].slice(0, MAX_PROBLEMS).map(([subject, problem]) => ({ subject, problem }))
    await writeRound(registry.database, round, async (tx) => {
      await finishRepository(tx, { place: place.name, name, round }, counts)
      await replaceProblems(tx, { place: place.name, name }, problems)
      await registry.recorder.record(tx, {
        ...{ actor: ADOPTION, action: 'repository.adopted', target: `repository:${name}`, outcome: 'done' },
        detail: { place: place.name, ...counts },
      })
    })
    return counts
  }

  /** One that was found when the place was listed, and is gone before it was ever read: it is waited for once. */
  async #requireListed(): Promise<void> {
    const { registry, place, name } = this.#options
    if (await place.layout.lists(name)) return
    const at = { place: place.name, name }
    const { reader } = registry.database
    if (((await repositoryRound(reader, at)) ?? 0) > 0) return
    const isKnown = await hasProblem(reader, at, '')
    this.#problem('', GONE)
    if (isKnown) return
    await registry.database.writeQuietly((tx) => replaceProblems(tx, at, [{ subject: '', problem: GONE }]))
    throw new Error(GONE)
  }

  async #gatherTag(text: string): Promise<Entry | undefined> {
    const { place, name } = this.#options
    if (!isTag(text)) return this.#problem(text, 'no tag can be called so')
    const found = await place.layout.tag(name, text)
    if (found === undefined) return this.#problem(text, 'it has no link to a manifest')
    if (typeof found === 'string') return this.#problem(text, found)
    const manifests = await this.#gather(found.digest, text)
    return manifests && { manifests, tags: [{ tag: text, ...found }] }
  }

  /** Undefined: it has a problem, which is told of what leads there. */
  async #gather(digest: Digest, subject: Tag | Digest): Promise<readonly GatheredManifest[] | undefined> {
    this.#seen.add(digest)
    try {
      const found = await this.#gatherer.gather(digest)
      for (const each of found) this.#seen.add(each.digest)
      return found
    } catch (error) {
      if (!(error instanceof Unadoptable)) throw error
      return this.#problem(subject, error.message)
    }
  }

  async #enter(manifests: readonly GatheredManifest[], tags: readonly GatheredTag[]): Promise<void> {
    const { registry, name, round } = this.#options
    const fresh = [...new Map(manifests.map((each) => [each.digest, each])).values()]
    if (fresh.length + tags.length === 0) return
    const entered = await writeRound(registry.database, round, (tx) =>
      enter(registry, tx, name, { manifests: fresh, tags }),
    )
    for (const { digest } of fresh) this.#gatherer.entered(digest)
    for (const { tag, problem } of entered.refusals) this.#problem(tag, problem)
    this.#manifests += fresh.length
    this.#tags += entered.tags
  }

  #problem(subject: string, problem: string): undefined {
    this.#problems.set(subject, problem)
  }

  async #inBatches<T>(items: AsyncIterable<T>, work: (batch: readonly T[]) => Promise<void>): Promise<void> {
    let batch: T[] = []
    const flush = async () => {
      const full = batch
      batch = []
      if (full.length > 0) await work(full)
      await this.#breaths.take()
    }
    for await (const item of items) {
      if (this.#options.signal?.aborted) return
      batch.push(item)
      if (batch.length >= BATCH) await flush()
    }
    await flush()
  }
}
