import { Breaths } from '../lib/breaths.ts'
import type { Executor } from '../metadata/db.ts'
import { tagsOnPage } from '../metadata/manifest-graph.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { type KeptIn, keptIn, type Spot } from './operation.ts'
import type { Registry } from './registry.ts'
import { type Followed, followGraph, type GoingTag } from './removal-graph.ts'

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
  const sieve = await GuardSieve.open(registry, executor, spot)
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
  const sieve = await GuardSieve.open(registry, executor, spot)
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

/** What guards keep in one repository, as they see it when it is made. */
export class GuardSieve {
  readonly #kept: readonly KeptIn[]
  readonly kept: KeptTag[] = []

  private constructor(kept: readonly KeptIn[]) {
    this.#kept = kept
  }

  /** `discreetly`: for whoever may not know who uses what. */
  static async open({ guards }: Registry, executor: Executor, spot: Spot, discreetly = false): Promise<GuardSieve> {
    return new GuardSieve(await keptIn(guards, spot, executor, discreetly))
  }

  /** Those that nobody keeps. */
  async tags(tags: readonly GoingTag[]): Promise<GoingTag[]> {
    const breaths = new Breaths()
    const free: GoingTag[] = []
    for (const tag of tags) {
      const reason = firstOf(this.#kept, (kept) => kept.tag?.(tag.tag, tag.digest))
      if (reason === undefined) free.push(tag)
      else this.kept.push({ ...tag, reason })
      if (breaths.isDue()) await breaths.take()
    }
    return free
  }

  whyKept(digest: Digest): string | undefined {
    return firstOf(this.#kept, (kept) => kept.manifest?.(digest))
  }
}

function firstOf(kept: readonly KeptIn[], reasonOf: (kept: KeptIn) => string | undefined): string | undefined {
  for (const each of kept) {
    const reason = reasonOf(each)
    if (reason !== undefined) return reason
  }
  return undefined
}
