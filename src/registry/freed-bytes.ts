import { Breaths, batches, inByteOrder } from '../lib/breaths.ts'
import type { Executor } from '../metadata/db.ts'
import {
  contentOf,
  type CountedBlob,
  findLiveHolders,
  heldBlobs,
  heldDigests,
  type LiveHolder,
  liveHoldersPage,
  manifestsPage,
  namersPage,
} from '../metadata/freed-blobs.ts'
import { GRAPH_BATCH, type GraphManifest, MOST_COUNTED, visibleManifests } from '../metadata/manifest-graph.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

const PAGE = 1000

/** Whether whoever asks may pull from a repository. */
export type MayPull = (name: RepositoryName) => Promise<boolean>

/**
 * Counts the bytes that are free once manifests are gone for good, each blob once: those that nothing kept names in their
 * repository and that no other repository holds. What several repositories let go together counts too. For somebody who
 * may not see everything it is as if what he may not pull from were not there: else he would learn what is in it.
 */
export class FreedBytes {
  readonly #executor: Executor
  readonly #breaths = new Breaths()
  /** Blobs that more than one repository holds, and those that let go. */
  readonly #shared = new Map<Digest, { readonly sizeBytes: number; readonly letGoBy: Set<RepositoryId> }>()
  readonly #mayPull: MayPull | undefined
  /** What that said of repositories. */
  readonly #visible = new Map<RepositoryId, boolean>()
  #bytes = 0

  /** Without `mayPull` every repository counts. */
  constructor(executor: Executor, mayPull: MayPull | undefined) {
    this.#executor = executor
    this.#mayPull = mayPull
  }

  /** Manifests that go from one repository. */
  async add(
    repository: RepositoryId,
    manifests: readonly Pick<GraphManifest, 'digest' | 'sizeBytes'>[],
  ): Promise<void> {
    const going = new Set(manifests.map(({ digest }) => digest))
    for (const { sizeBytes } of manifests) this.#bytes += sizeBytes
    const content = new Map<Digest, number>()
    for (const batch of batches(await inByteOrder(going), GRAPH_BATCH)) {
      for (const digest of await contentOf(this.#executor, repository, batch))
        content.set(digest, (content.get(digest) ?? 0) + 1)
      await this.#breaths.take()
    }
    for (const batch of batches(await inByteOrder(content.keys()), GRAPH_BATCH)) {
      for (const blob of await heldBlobs(this.#executor, repository, batch)) {
        const isNamedByOthers = blob.namers >= MOST_COUNTED || blob.namers > (content.get(blob.digest) ?? 0)
        if (isNamedByOthers && (await this.#isKept(repository, blob.digest, going))) continue
        this.#letGo(repository, blob)
      }
      await this.#breaths.take()
    }
  }

  /** A whole repository with all that it holds. Returns how many manifests that are. */
  async addRepository(repository: RepositoryId): Promise<number> {
    let manifests = 0
    for (let after: string | undefined = ''; after !== undefined;) {
      const page = await manifestsPage(this.#executor, repository, { after, limit: PAGE })
      for (const { sizeBytes } of page) this.#bytes += sizeBytes
      manifests += page.length
      after = page.length < PAGE ? undefined : page.at(-1)?.digest
      await this.#breaths.take()
    }
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: Digest[] = await heldDigests(this.#executor, repository, { after, limit: GRAPH_BATCH })
      for (const blob of await heldBlobs(this.#executor, repository, page)) this.#letGo(repository, blob)
      after = page.length < GRAPH_BATCH ? undefined : page.at(-1)
      await this.#breaths.take()
    }
    return manifests
  }

  #letGo(repository: RepositoryId, { digest, sizeBytes, holders }: CountedBlob): void {
    if (holders <= 1) {
      this.#bytes += sizeBytes
      return
    }
    const shared = this.#shared.get(digest)
    if (shared === undefined) this.#shared.set(digest, { sizeBytes, letGoBy: new Set([repository]) })
    else shared.letGoBy.add(repository)
  }

  /** Whether a visible manifest that does not go names it. */
  async #isKept(repository: RepositoryId, digest: Digest, going: ReadonlySet<Digest>): Promise<boolean> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: Digest[] = await namersPage(this.#executor, repository, { digest, after, limit: PAGE })
      for (const batch of batches(
        page.filter((namer) => !going.has(namer)),
        GRAPH_BATCH,
      ))
        if ((await visibleManifests(this.#executor, repository, batch)).length > 0) return true
      after = page.length < PAGE ? undefined : page.at(-1)
      await this.#breaths.take()
    }
    return false
  }

  async total(): Promise<number> {
    let bytes = this.#bytes
    for (const [digest, { sizeBytes, letGoBy }] of this.#shared) {
      if (!(await this.#isHeldByOthers(digest, letGoBy))) bytes += sizeBytes
      await this.#breaths.take()
    }
    return bytes
  }

  async #isHeldByOthers(digest: Digest, letGoBy: ReadonlySet<RepositoryId>): Promise<boolean> {
    if (this.#mayPull === undefined) {
      const holders = await findLiveHolders(this.#executor, digest, letGoBy.size + 1)
      return holders.some((holder) => !letGoBy.has(holder))
    }
    for (let after: RepositoryId | undefined = 0; after !== undefined;) {
      const page: LiveHolder[] = await liveHoldersPage(this.#executor, { digest, after, limit: PAGE })
      for (const holder of page)
        if (!letGoBy.has(holder.id) && (await this.#isVisible(holder, this.#mayPull))) return true
      after = page.length < PAGE ? undefined : page.at(-1)?.id
      await this.#breaths.take()
    }
    return false
  }

  async #isVisible({ id, name }: LiveHolder, mayPull: MayPull): Promise<boolean> {
    const known = this.#visible.get(id)
    if (known !== undefined) return known
    const allowed = await mayPull(name)
    this.#visible.set(id, allowed)
    return allowed
  }
}
