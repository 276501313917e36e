import type { Actor, Recorder } from '../events/recorder.ts'
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
export type Operation = { readonly repository: RepositoryName; readonly actor: Actor } & (
  | { readonly type: 'push-blob'; readonly digest: Digest; readonly sizeBytes: number }
  | {
      readonly type: 'push-manifest'
      readonly digest: Digest
      readonly manifest: Manifest
      readonly tags: readonly TagChange[]
    }
  | { readonly type: 'delete-tag'; readonly tag: Tag }
  | { readonly type: 'delete-manifest'; readonly digest: Digest }
  | { readonly type: 'delete-blob'; readonly digest: Digest }
)

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

const PAST_TENSE: Readonly<Record<Operation['type'], string>> = {
  'push-blob': 'blob.pushed',
  'push-manifest': 'manifest.pushed',
  'delete-tag': 'tag.deleted',
  'delete-manifest': 'manifest.deleted',
  'delete-blob': 'blob.deleted',
}

/** Says in the change's own transaction that it was made, and by whom. */
export async function recordOperation(recorder: Recorder, operation: Operation, tx: Transaction): Promise<void> {
  await recorder.record(tx, {
    actor: operation.actor,
    action: PAST_TENSE[operation.type],
    target: `repository:${operation.repository}`,
    outcome: 'done',
    detail: detailOf(operation),
  })
}

function detailOf(operation: Operation): Readonly<Record<string, unknown>> {
  if (operation.type === 'delete-tag') return { tag: operation.tag }
  if (operation.type === 'push-blob') return { digest: operation.digest, bytes: operation.sizeBytes }
  if (operation.type !== 'push-manifest') return { digest: operation.digest }
  return { digest: operation.digest, tags: operation.tags.map(({ tag, previous }) => ({ tag, previous })) }
}
