import type { Project } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import { countTags } from '../metadata/tag-count.ts'
import { findTags } from '../metadata/manifest-graph.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { FreedBytes, type MayPull } from '../registry/freed-bytes.ts'
import type { Registry } from '../registry/registry.ts'
import type { Spot } from '../registry/operation.ts'
import { type Going, type Wanted, whatGoes } from '../registry/what-goes.ts'
import { plansOf } from './plan.ts'
import type { Rule } from './rule.ts'

/** What would go, and the bytes that are free once it left the recycle bin: each blob once, and none that anything else needs. */
export interface Preview {
  readonly tags: number
  readonly manifests: number
  readonly bytes: number
  /** Tags that a rule or the caller wanted gone, and that are immutable or in use. */
  readonly keptTags: number
  /** The first of each; the numbers above are of all. */
  readonly items: {
    readonly tags: readonly { repository: RepositoryName; tag: string; digest: string }[]
    readonly manifests: readonly { repository: RepositoryName; digest: string; bytes: number }[]
    readonly keptTags: readonly { repository: RepositoryName; tag: string; digest: string; reason: string }[]
  }
  readonly truncated: boolean
}

/** For whom a preview is. */
export interface View {
  /** How many of each kind are listed. */
  readonly limit: number
  /** Undefined: he may see everything. */
  readonly mayPull?: MayPull | undefined
}

/** What rules would remove from a project now. */
export async function previewRules(
  registry: Registry,
  project: Project,
  rules: readonly Rule[],
  view: View,
): Promise<Preview> {
  await registry.pulls.flush()
  const tally = new Tally(registry, view)
  for await (const { spot, going } of plansOf(registry, project, rules)) await tally.add(spot, going)
  return tally.preview()
}

/** What deleting tags and manifests would free. @throws Problem */
export async function previewDelete(
  registry: Registry,
  spot: Spot,
  wanted: { readonly tags: readonly string[]; readonly digests: readonly Digest[] },
  view: View,
): Promise<Preview> {
  const { reader } = registry.database
  const tags = await findTags(reader, spot.repositoryId, wanted.tags)
  const missing = wanted.tags.find((name) => tags.every(({ tag }) => tag !== name))
  if (missing !== undefined) throw new Problem('not-found', `there is no tag "${missing}" in ${spot.repository}`)
  const both: Wanted = { tags, digests: wanted.digests }
  const tally = new Tally(registry, view)
  await tally.add(spot, await whatGoes(registry, reader, spot, both))
  return tally.preview()
}

/** The same of a repository with all that is in it. */
export async function previewRepository(
  registry: Registry,
  { repositoryId }: Spot,
  { mayPull }: Pick<View, 'mayPull'>,
): Promise<Preview> {
  const { reader } = registry.database
  const freed = new FreedBytes(reader, mayPull)
  const manifests = await freed.addRepository(repositoryId)
  const tags = await countTags(reader, repositoryId)
  const items = { tags: [], manifests: [], keptTags: [] }
  return { tags, manifests, bytes: await freed.total(), keptTags: 0, items, truncated: tags + manifests > 0 }
}

class Tally {
  readonly #freed: FreedBytes
  readonly #limit: number
  readonly #counts = { tags: 0, manifests: 0, keptTags: 0 }
  readonly #items = {
    tags: [] as Preview['items']['tags'][number][],
    manifests: [] as Preview['items']['manifests'][number][],
    keptTags: [] as Preview['items']['keptTags'][number][],
  }

  constructor(registry: Registry, { limit, mayPull }: View) {
    this.#freed = new FreedBytes(registry.database.reader, mayPull)
    this.#limit = limit
  }

  async add({ repository, repositoryId }: Spot, { tags, manifests, keptTags }: Going): Promise<void> {
    this.#counts.tags += tags.length
    this.#counts.manifests += manifests.length
    this.#counts.keptTags += keptTags.length
    for (const { tag, digest } of this.#first(tags, 'tags')) this.#items.tags.push({ repository, tag, digest })
    for (const { digest, sizeBytes } of this.#first(manifests, 'manifests'))
      this.#items.manifests.push({ repository, digest, bytes: sizeBytes })
    for (const { tag, digest, reason } of this.#first(keptTags, 'keptTags'))
      this.#items.keptTags.push({ repository, tag, digest, reason })
    await this.#freed.add(repositoryId, manifests)
  }

  #first<T>(found: readonly T[], kind: keyof Preview['items']): readonly T[] {
    return found.slice(0, Math.max(this.#limit - this.#items[kind].length, 0))
  }

  async preview(): Promise<Preview> {
    const { tags, manifests, keptTags } = this.#items
    const listed = { tags: tags.length, manifests: manifests.length, keptTags: keptTags.length }
    const truncated = Object.entries(this.#counts).some(([kind, count]) => count > listed[kind as keyof typeof listed])
    return { ...this.#counts, bytes: await this.#freed.total(), items: this.#items, truncated }
  }
}
