import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import type { Reference } from '../oci/reference.ts'

/** What became of asking for content that a repository does not hold, or holds from a while ago. */
export interface Supplied {
  /** For the client, in a Warning header: why what is here may be old. */
  readonly warning?: string | undefined
  /** Why it could not be brought; thrown when it is not here. */
  readonly failure?: Error | undefined
}

/** A blob on its way in, which is passed on while it is stored. */
export interface ArrivingBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Resolves when it is here; rejects with why it is not. */
  readonly stored: Promise<void>
  /** The bytes as they come. Breaks off when they turn out to be others than the digest says. */
  open(range: ByteRange | undefined): ReadableStream<Uint8Array>
}

/** Tags of a repository at one place; with a failure there are none. */
export interface TagList extends Supplied {
  readonly tags: readonly string[]
  readonly next: string | undefined
}

/**
 * Supplies what a repository should have and does not hold: from upstreams, or from a tree that is adopted. Asked at
 * pulls, one after the other; what it brings it stores in the registry, where the pull then finds it.
 */
export interface ContentSource {
  readonly name: string
  /** Whether it may have anything for that repository. Asked at every pull: at once, and without a query, where it has nothing at all. */
  covers(name: RepositoryName): boolean | Promise<boolean>
  /**
   * Of tags also when one is here (`held` is what it names), because it may have moved. Undefined: it has nothing to say.
   */
  supplyManifest(name: RepositoryName, reference: Reference, held: Digest | undefined): Promise<Supplied | undefined>
  /** Asked only for what is not here, or damaged. `stored`: it is now. Undefined: it does not have it. */
  supplyBlob(name: RepositoryName, digest: Digest): Promise<ArrivingBlob | 'stored' | undefined>
  /**
   * Of each place that it has, the names of tags after `after` in byte order, at most `limit`; `next` is the last of them
   * if there are more. They need not be stored.
   */
  supplyTags(
    name: RepositoryName,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly TagList[]>
  /** Stores what refers to the manifest. */
  supplyReferrers(name: RepositoryName, subject: Digest): Promise<Supplied | undefined>
  /** Before something is changed in the repository: whatever is to be there of it has to be. */
  settle?(name: RepositoryName): Promise<void>
  /** Gives up what is under way: the process ends. */
  close?(): Promise<void>
}
