import { batches } from '../lib/breaths.ts'
import type { Transaction } from '../metadata/db.ts'
import { addDeletion } from '../metadata/deletions.ts'
import { findTags, tagsOnPage } from '../metadata/manifest-graph.ts'
import { findRepository, type RepositoryId } from '../metadata/repositories.ts'
import { removeTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { reviewTime } from './keeping.ts'
import { checkGuards, MAX_NAMED, type Operation } from './operation.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'
import { breath, rehearse } from './rehearse.ts'

/** With no more tags than this a manifest is deleted in one step. */
const TAGS_WITH_MANIFEST = 300
const TAGS_AT_ONCE = 200
const PAGE = 1000

interface Spot extends Place {
  readonly repositoryId: RepositoryId
}

/**
 * Takes most of its tags from a manifest that is about to be deleted and has very many, in transactions of a bounded
 * size: all other writers wait for each. They belong to the same deletion as the manifest then.
 */
export class TagShedding {
  readonly #registry: Registry
  readonly #spot: Spot
  readonly #digest: Digest
  readonly tags: Tag[] = []
  #deletion: number | undefined

  constructor(registry: Registry, spot: Spot, digest: Digest) {
    this.#registry = registry
    this.#spot = spot
    this.#digest = digest
  }

  /** Undefined: nothing went so far. */
  get deletion(): number | undefined {
    return this.#deletion
  }

  /** Whoever would refuse any of it is asked about all of it before the first tag goes. @throws OciError */
  async run(): Promise<void> {
    const all = await this.#tagsNow()
    if (all.length <= TAGS_WITH_MANIFEST) return
    for (const page of batches(all, PAGE)) {
      await rehearse(this.#registry, (tx) => checkGuards(this.#registry.guards, this.#operation(page), tx))
      await breath()
    }
    for (const batch of batches(all.slice(TAGS_AT_ONCE), TAGS_AT_ONCE)) {
      const { tags, deletion } = await this.#registry.database.writeRelaxed((tx) => this.#remove(tx, batch))
      this.tags.push(...tags)
      this.#deletion = deletion
      await breath()
    }
  }

  /** Of what went though the manifest stays, because somebody came in between. */
  async recordUnfinished(): Promise<void> {
    if (this.tags.length === 0) return
    const { repository, actor } = this.#spot
    const detail = { digest: this.#digest, tags: this.tags.slice(0, MAX_NAMED), tagCount: this.tags.length }
    await this.#registry.database.write((tx) =>
      this.#registry.recorder.record(tx, {
        ...{ actor, action: 'tag.deleted', target: `repository:${repository}`, outcome: 'done', detail },
      }),
    )
  }

  async #tagsNow(): Promise<Tag[]> {
    const { reader } = this.#registry.database
    const tags: Tag[] = []
    for (;;) {
      const asked = { digest: this.#digest, after: tags.at(-1) ?? '', limit: PAGE }
      const page = await tagsOnPage(reader, this.#spot.repositoryId, asked)
      tags.push(...page)
      if (page.length < PAGE) return tags
      await breath()
    }
  }

  #operation(tags: readonly Tag[]): Operation {
    return { ...this.#spot, type: 'delete-manifests', kind: 'manifest', reason: '', digests: [this.#digest], tags }
  }

  async #remove(tx: Transaction, batch: readonly Tag[]): Promise<Shed> {
    const { repository, repositoryId, actor } = this.#spot
    const nothing: Shed = { tags: [], deletion: this.#deletion }
    if ((await findRepository(tx, repository)) !== repositoryId) return nothing
    const named = await findTags(tx, repositoryId, batch)
    const tags = named.filter(({ digest }) => digest === this.#digest).map(({ tag }) => tag)
    if (tags.length === 0) return nothing
    await checkGuards(this.#registry.guards, this.#operation(tags), tx)
    const { clock, keeping } = this.#registry
    const now = clock.now()
    const purgeAt = new Date(now.getTime() + keeping.binMs)
    const deletion =
      this.#deletion ?? (await addDeletion(tx, { repositoryId, kind: 'manifest', reason: '', actor, now, purgeAt }))
    const by = { actor, reason: '', deletion }
    const reviewAt = reviewTime(keeping, now)
    for (const tag of tags) await removeTag(tx, { repositoryId, tag, by, now, reviewAt })
    return { tags, deletion }
  }
}

/** What a transaction did. */
interface Shed {
  readonly tags: readonly Tag[]
  readonly deletion: number | undefined
}
