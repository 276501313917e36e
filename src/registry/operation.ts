import type { Transaction } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'

/** A tag about to be set, and what it names now. */
export interface TagChange {
  readonly tag: Tag
  readonly previous: Digest | undefined
}

/** A change that is about to be committed. */
export type Operation =
  | {
      readonly type: 'push-blob'
      readonly repository: RepositoryName
      readonly digest: Digest
      readonly sizeBytes: number
    }
  | {
      readonly type: 'push-manifest'
      readonly repository: RepositoryName
      readonly digest: Digest
      readonly manifest: Manifest
      readonly tags: readonly TagChange[]
    }
  | { readonly type: 'delete-tag'; readonly repository: RepositoryName; readonly tag: Tag }
  | { readonly type: 'delete-manifest'; readonly repository: RepositoryName; readonly digest: Digest }
  | { readonly type: 'delete-blob'; readonly repository: RepositoryName; readonly digest: Digest }

/**
 * Refuses a change before it is made: quota, immutability, signature and vulnerability policy are guards. It runs
 * inside the change's transaction, reads rows only, and throws an OciError to refuse.
 */
export interface Guard {
  readonly name: string
  check(operation: Operation, tx: Transaction): Promise<void>
}

export async function checkGuards(guards: readonly Guard[], operation: Operation, tx: Transaction): Promise<void> {
  for (const guard of guards) await guard.check(operation, tx)
}
