import { Breaths, batches } from '../lib/breaths.ts'
import type { Executor } from '../metadata/db.ts'
import { tagsOnPage } from '../metadata/manifest-graph.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { type ManifestAt, whyManifestIsKept, whyTagIsKept } from './operation.ts'
import type { Registry } from './registry.ts'
import { type Followed, followGraph, type GoingTag } from './removal-graph.ts'

/** A repository, by both its names. */
export type Spot = Pick<ManifestAt, 'repository' | 'repositoryId'>

export interface Wanted {
  /** Removed, with what they name if nothing else needs it. */
  readonly tags: readonly GoingTag[]
  /** Removed with every tag on them, if nothing else needs them. */
  readonly digests?: readonly Digest[]
}

export interface KeptTag extends GoingTag {
  /** For people. */
  readonly reason: string
}

/** All that a removal takes along, and what it leaves. */
export interface Going extends Followed {
  /** Tags that were wanted gone and that a guard keeps. */
  readonly keptTags: readonly KeptTag[]
}

/**
 * What goes when tags and manifests are removed: also the children that only going indexes list, referrers whose subject
 * goes, and signatures under a tag of their own. What anything kept needs stays, and so does what a guard keeps.
 */
export async function whatGoes(registry: Registry, executor: Executor, spot: Spot, wanted: Wanted): Promise<Going> {
  const sieve = new GuardSieve(registry, executor, spot)
  const tags = await sieve.tags(wanted.tags)
  for (const digest of wanted.digests ?? []) tags.push(...(await sieve.tags(await allTagsOn(executor, spot, digest))))
  const roots = [...new Set([...tags.map(({ digest }) => digest), ...(wanted.digests ?? [])])]
  const followed = await followGraph(executor, sieve, { ...spot, roots, tags, expand: true })
  return { ...followed, keptTags: sieve.kept }
}

/**
 * Of what was found to go a moment ago, what still may: nothing is added. Tags that moved or were pushed again stay with
 * what they name.
 */
export async function whatStillGoes(
  registry: Registry,
  executor: Executor,
  spot: Spot,
  { tags, digests }: { readonly tags: readonly GoingTag[]; readonly digests: readonly Digest[] },
): Promise<Going> {
  const sieve = new GuardSieve(registry, executor, spot)
  const followed = await followGraph(executor, sieve, {
    ...spot,
    roots: digests,
    tags: await sieve.tags(tags),
    expand: false,
  })
  return { ...followed, keptTags: sieve.kept }
}

const PAGE = 1000

async function allTagsOn(executor: Executor, spot: Spot, digest: Digest): Promise<GoingTag[]> {
  const tags: Tag[] = []
  for (;;) {
    const page = await tagsOnPage(executor, spot.repositoryId, { digest, after: tags.at(-1) ?? '', limit: PAGE })
    tags.push(...page)
    if (page.length < PAGE) return tags.map((tag) => ({ tag, digest }))
  }
}

/** Asks the guards, each manifest once. */
export class GuardSieve {
  readonly #registry: Registry
  readonly #executor: Executor
  readonly #spot: Spot
  readonly #manifests = new Map<Digest, string | undefined>()
  readonly #breaths = new Breaths()
  readonly kept: KeptTag[] = []

  constructor(registry: Registry, executor: Executor, spot: Spot) {
    this.#registry = registry
    this.#executor = executor
    this.#spot = spot
  }

  /** Those that nobody keeps. A tag on a manifest in use stays, so that the user of it finds it by its name. */
  async tags(tags: readonly GoingTag[]): Promise<GoingTag[]> {
    const free: GoingTag[] = []
    for (const batch of batches(tags, 100)) {
      for (const tag of batch) {
        const at = { ...this.#spot, tag: tag.tag, digest: tag.digest }
        const reason =
          (await whyTagIsKept(this.#registry.guards, at, this.#executor)) ?? (await this.whyKept(tag.digest))
        if (reason === undefined) free.push(tag)
        else this.kept.push({ ...tag, reason })
      }
      await this.#breaths.take()
    }
    return free
  }

  async whyKept(digest: Digest): Promise<string | undefined> {
    if (this.#manifests.has(digest)) return this.#manifests.get(digest)
    const reason = await whyManifestIsKept(this.#registry.guards, { ...this.#spot, digest }, this.#executor)
    this.#manifests.set(digest, reason)
    return reason
  }
}
