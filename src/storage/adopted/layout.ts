import type { Digest } from '../../oci/digest.ts'
import type { RepositoryName, Tag } from '../../oci/name.ts'
import type { TreeFile } from './tree.ts'

/** What a tag names in a tree, and since when. */
export interface FoundTag {
  readonly digest: Digest
  /** Undefined: nobody can say. */
  readonly setAt: Date | undefined
}

/** A blob of a repository in a tree. */
export interface FoundBlob {
  readonly path: string
  readonly sizeBytes: number
}

/** What lies there is not what it should be, however often it is read. The message is for people. */
export class BrokenTree extends Error {}

/**
 * How another registry lays its files. A repository has what the tree says it has: that bytes lie somewhere in it gives
 * them to nobody. All of it throws PlaceAway when the place is not there: what is missing is missing while it is.
 */
export interface TreeLayout {
  /** For people. */
  readonly kind: string
  /** In no order. Names that no repository can have are left out. `onLink` is told of symbolic links, which are not followed. */
  repositories(onLink?: (folder: string) => void): AsyncIterable<RepositoryName>
  hasRepository(name: RepositoryName): Promise<boolean>
  /** Whether it is still among the repositories, also with nothing in it. */
  lists(name: RepositoryName): Promise<boolean>
  /** Names as they stand there: perhaps none that a tag can have. */
  tags(name: RepositoryName): AsyncIterable<string>
  /** Undefined: no such tag. A text: what is wrong with it. */
  tag(name: RepositoryName, tag: Tag): Promise<FoundTag | string | undefined>
  /** Manifests that the repository says it has, whether or not a tag names them. */
  manifests(name: RepositoryName): AsyncIterable<Digest>
  /** At most so many bytes of it; undefined: the repository does not have it, or its bytes are missing. */
  manifest(name: RepositoryName, digest: Digest, maxBytes: number): Promise<TreeFile | undefined>
  /** Undefined: the repository does not have it, or its bytes are missing. */
  blob(name: RepositoryName, digest: Digest): Promise<FoundBlob | undefined>
  /** Everything stored, whoever has it; a digest may come more than once. */
  stored(): AsyncIterable<FoundBlob & { readonly digest: Digest }>
}
