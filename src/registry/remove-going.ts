import { batches } from '../lib/breaths.ts'
import type { Transaction } from '../metadata/db.ts'
import { addDeletion } from '../metadata/deletions.ts'
import { findTags, type GraphManifest } from '../metadata/manifest-graph.ts'
import { findRepository, type RepositoryId } from '../metadata/repositories.ts'
import type { DeletionKind } from '../metadata/schema.ts'
import { removeTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { binManifests } from './bin.ts'
import { reviewTime } from './keeping.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'
import type { GoingTag } from './removal-graph.ts'
import { type Going, whatStillGoes } from './what-goes.ts'

export interface Removal extends Place {
  readonly repositoryId: RepositoryId
  readonly kind: DeletionKind
  /** For people: which rules. */
  readonly reason: string
  /**
   * Asked in each transaction: of tags that were wanted gone, those that still are. What goes because of something else
   * is not asked about.
   */
  readonly stillWanted?: (tx: Transaction, tags: readonly GoingTag[]) => Promise<readonly GoingTag[]>
  /** Aborted: what is left stays, for another time. */
  readonly signal?: AbortSignal | undefined
}

export interface Removed {
  readonly tags: number
  readonly manifests: number
  /** What brings all of it back; undefined: nothing went. */
  readonly deletion: number | undefined
}

/** So much is removed at once: all other writers wait for it. */
const MANIFESTS_AT_ONCE = 50
const TAGS_AT_ONCE = 100
/** A manifest with more tags loses the others before. */
const TAGS_WITH_MANIFEST = 20

/**
 * Removes what was found to go, in transactions of a bounded size, as one deletion. Each looks again: what was pushed,
 * named, protected or made immutable meanwhile stays, and so does what is no longer wanted gone.
 */
export async function removeGoing(
  registry: Registry,
  removal: Removal,
  { tags, manifests }: Pick<Going, 'tags' | 'manifests'>,
): Promise<Removed> {
  const work = new RemovalWork(registry, removal)
  const { withManifest, before, after } = sortTags(tags, manifests)
  for (const batch of batches(before, TAGS_AT_ONCE)) await work.inTransaction((tx) => work.removeTags(tx, batch))
  for (const batch of batches(manifests, MANIFESTS_AT_ONCE))
    await work.inTransaction((tx) => work.removeManifests(tx, batch, withManifest))
  const rest = after.filter(({ about }) => about === undefined || work.gone.has(about))
  for (const batch of batches(rest, TAGS_AT_ONCE)) await work.inTransaction((tx) => work.removeTags(tx, batch))
  return work.removed
}

interface SortedTags {
  readonly withManifest: ReadonlyMap<Digest, readonly GoingTag[]>
  readonly before: readonly GoingTag[]
  /** What is about a manifest stays until that is gone. */
  readonly after: readonly GoingTag[]
}

function sortTags(tags: readonly GoingTag[], manifests: readonly GraphManifest[]): SortedTags {
  const withManifest = new Map<Digest, GoingTag[]>(manifests.map(({ digest }) => [digest, []]))
  const before: GoingTag[] = []
  const after: GoingTag[] = []
  for (const tag of tags) {
    const together = withManifest.get(tag.digest)
    if (together !== undefined && (tag.about !== undefined || together.length < TAGS_WITH_MANIFEST)) together.push(tag)
    else if (tag.about === undefined) before.push(tag)
    else after.push(tag)
  }
  return { withManifest, before, after }
}

class RemovalWork {
  readonly #registry: Registry
  readonly #removal: Removal
  readonly gone = new Set<Digest>()
  #tags = 0
  #deletion: number | undefined

  constructor(registry: Registry, removal: Removal) {
    this.#registry = registry
    this.#removal = removal
  }

  get removed(): Removed {
    return { tags: this.#tags, manifests: this.gone.size, deletion: this.#deletion }
  }

  /** Does nothing when the repository was deleted meanwhile. */
  async inTransaction(work: (tx: Transaction) => Promise<Step>): Promise<void> {
    if (this.#removal.signal?.aborted === true) return
    const { database } = this.#registry
    const step = await database.write(async (tx) => {
      const isThere = (await findRepository(tx, this.#removal.repository)) === this.#removal.repositoryId
      return isThere ? work(tx) : undefined
    })
    await new Promise((resolve) => setImmediate(resolve))
    if (step === undefined) return
    this.#tags += step.tags
    this.#deletion = step.deletion
    for (const digest of step.manifests) this.gone.add(digest)
  }

  async removeTags(tx: Transaction, tags: readonly GoingTag[]): Promise<Step> {
    const { spot } = this
    const going = await whatStillGoes(this.#registry, tx, spot, { tags: await this.#stillMeant(tx, tags), digests: [] })
    if (going.tags.length === 0) return this.#nothing()
    const deletion = await this.#openDeletion(tx)
    for (const { tag, digest } of going.tags) {
      const operation: Operation = { ...spot, type: 'delete-tag', tag, digest }
      await checkGuards(this.#registry.guards, operation, tx)
      await removeTag(tx, { ...spot, tag, ...this.#by(deletion) })
      await recordOperation(this.#registry, operation, tx)
    }
    return { tags: going.tags.length, manifests: [], deletion }
  }

  async removeManifests(
    tx: Transaction,
    manifests: readonly GraphManifest[],
    tagsOf: ReadonlyMap<Digest, readonly GoingTag[]>,
  ): Promise<Step> {
    const { spot } = this
    const planned = manifests.map(({ digest }) => ({ digest, tags: tagsOf.get(digest) ?? [] }))
    const meant = new Set(
      await this.#stillMeant(
        tx,
        planned.flatMap(({ tags }) => tags),
      ),
    )
    const same = planned.filter(({ tags }) => tags.every((tag) => meant.has(tag)))
    const going = await whatStillGoes(this.#registry, tx, spot, {
      digests: same.map(({ digest }) => digest),
      tags: same.flatMap(({ tags }) => tags),
    })
    if (going.manifests.length === 0) return this.#nothing()
    const { kind, reason } = this.#removal
    const digests = going.manifests.map(({ digest }) => digest)
    const deletion = await this.#openDeletion(tx)
    await binManifests(this.#registry, tx, spot, { kind, reason, digests, deletion })
    const isGone = new Set(digests)
    const tags = going.tags.filter(({ digest }) => isGone.has(digest)).length
    return { tags, manifests: digests, deletion }
  }

  /** Those that still name the same, were not pushed again, and are still wanted gone. */
  async #stillMeant(tx: Transaction, tags: readonly GoingTag[]): Promise<readonly GoingTag[]> {
    const unmoved = await findUnmoved(tx, this.#removal.repositoryId, tags)
    const { stillWanted } = this.#removal
    if (stillWanted === undefined) return unmoved
    const wanted = new Set(
      await stillWanted(
        tx,
        unmoved.filter(({ about }) => about === undefined),
      ),
    )
    return unmoved.filter((tag) => tag.about !== undefined || wanted.has(tag))
  }

  get spot() {
    const { repository, repositoryId, actor } = this.#removal
    return { repository, repositoryId, actor }
  }

  #by(deletion: number) {
    const { actor, reason } = this.#removal
    const now = this.#registry.clock.now()
    return { by: { actor, reason, deletion }, now, reviewAt: reviewTime(this.#registry.keeping, now) }
  }

  #nothing(): Step {
    return { tags: 0, manifests: [], deletion: this.#deletion }
  }

  async #openDeletion(tx: Transaction): Promise<number> {
    if (this.#deletion !== undefined) return this.#deletion
    const { repositoryId, kind, reason, actor } = this.#removal
    const now = this.#registry.clock.now()
    const purgeAt = new Date(now.getTime() + this.#registry.keeping.binMs)
    return addDeletion(tx, { repositoryId, kind, reason, actor, now, purgeAt })
  }
}

interface Step {
  readonly tags: number
  readonly manifests: readonly Digest[]
  readonly deletion: number | undefined
}

/** Those that still name the same and were not pushed again. */
async function findUnmoved(
  tx: Transaction,
  repository: RepositoryId,
  tags: readonly GoingTag[],
): Promise<readonly GoingTag[]> {
  const names = tags.map(({ tag }) => tag)
  const found = new Map((await findTags(tx, repository, names)).map((now) => [now.tag, now]))
  return tags.filter(({ tag, digest, pushedAt }) => {
    const now = found.get(tag)
    return now?.digest === digest && (pushedAt === undefined || now.pushedAt === pushedAt)
  })
}
