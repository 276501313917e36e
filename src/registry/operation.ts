import type { Actor } from '../lib/actor.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { DeletionKind } from '../metadata/schema.ts'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'

/** A tag about to be set, and what it names now. */
export interface TagChange {
  readonly tag: Tag
  readonly previous: Digest | undefined
}

/** A change that is about to be committed. */
export type Operation = {
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
  readonly actor: Actor
  /** It is in a tree that is adopted: what comes is counted, and no limit refuses it. */
  readonly adopted?: true
} & (
  | {
      readonly type: 'push-blob'
      readonly digest: Digest
      readonly sizeBytes: number
      /** Whether the repository does not hold it yet. */
      readonly isNew: boolean
      /** What brought it; undefined: a mount. */
      readonly uploadId?: string
      /** Whether this is what makes the repository. */
      readonly createsRepository: boolean
    }
  | {
      readonly type: 'push-manifest'
      readonly digest: Digest
      readonly sizeBytes: number
      readonly manifest: Manifest
      readonly tags: readonly TagChange[]
      readonly createsRepository: boolean
      /** The repository that it is promoted from. Not everybody who sees this one may know of that. */
      readonly from?: RepositoryName
    }
  /** Tags go to a manifest that is there already: by hand, rolled back, or restored. */
  | {
      readonly type: 'move-tags'
      readonly reason: string
      readonly digest: Digest
      readonly tags: readonly TagChange[]
    }
  | { readonly type: 'delete-tag'; readonly tag: Tag; readonly digest: Digest }
  | {
      readonly type: 'delete-manifests'
      readonly kind: DeletionKind
      readonly reason: string
      readonly digests: readonly Digest[]
      /** Every tag on them; they go too. */
      readonly tags: readonly Tag[]
    }
  | { readonly type: 'restore-manifests'; readonly digests: readonly Digest[] }
  | { readonly type: 'delete-repository' }
  | { readonly type: 'restore-repository' }
  | { readonly type: 'delete-blob'; readonly digest: Digest; readonly sizeBytes: number }
  /** The collector found that no manifest of the repository needs a blob, or that the repository itself goes for good. */
  | { readonly type: 'collect-blob'; readonly digest: Digest; readonly sizeBytes: number }
  /** The collector removes a manifest of the recycle bin for good. */
  | { readonly type: 'collect-manifest'; readonly digest: Digest; readonly sizeBytes: number }
)

/**
 * Refuses a change before it is made: quota, immutability, signature and vulnerability policy are guards.
 */
export interface Guard {
  readonly name: string
  /**
   * Runs inside the change's transaction, reads rows only (and counts in its own), and throws an OciError to refuse. It
   * must not refuse a `collect-blob` or `collect-manifest`.
   */
  check(operation: Operation, tx: Transaction): Promise<void>
  /**
   * Asked before a manifest is taken in, outside of the transaction, so that it may read what the manifest names. Throws
   * an OciError to refuse.
   */
  admitManifest?(arriving: ArrivingManifest): Promise<void>
  /**
   * Asked before bytes are taken in: the upload will hold this many. Throws an OciError to refuse, or an error with the
   * code ENOSPC when there is no room for anybody.
   */
  admitBytes?(upload: IncomingBytes): Promise<void>
  /**
   * A request that brought bytes is over, and the upload goes on: what was set aside for more than it holds is free
   * again. `heldBytes` gives undefined when the upload is gone.
   */
  settleBytes?(uploadId: string, heldBytes: () => Promise<number | undefined>): Promise<void>
  /** Why nobody may remove or move this tag now, for people: `immutable by rule 3 (v*)`. Undefined: this guard keeps it not. */
  keepsTag?(tag: TagAt, executor: Executor): Promise<string | undefined>
  /** The same of a manifest, whether or not a tag names it. */
  keepsManifest?(manifest: ManifestAt, executor: Executor): Promise<string | undefined>
  /**
   * Both for very many in one repository at once, good for this moment; whoever has one of the two has this too.
   * `discreetly`: the reasons name nobody.
   */
  keepsIn?(spot: Spot, executor: Executor, discreetly?: boolean): Promise<KeptIn>
}

/** A repository, by its name and its id. */
export interface Spot {
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
}

export interface KeptIn {
  readonly tag?: (tag: Tag, digest: Digest) => string | undefined
  readonly manifest?: (digest: Digest) => string | undefined
}

export interface ManifestAt extends Spot {
  readonly digest: Digest
}

/** A tag and what it names. */
export interface TagAt extends ManifestAt {
  readonly tag: Tag
}

/** A manifest that is about to be pushed, and everything that it names is there already. */
export interface ArrivingManifest {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly manifest: Manifest
  readonly tags: readonly Tag[]
  readonly actor: Actor
}

export interface IncomingBytes {
  readonly uploadId: string
  readonly repository: RepositoryName
  /** What the upload holds when this has arrived; at its start 0. */
  readonly totalBytes: number
  /** Nobody said how much the request brings: it will be more. */
  readonly isUnsized?: boolean
  /** Asked while bytes come, perhaps for each piece of a body whose length nobody said: must cost little. */
  readonly flowing: boolean
}

export async function checkGuards(guards: readonly Guard[], operation: Operation, tx: Transaction): Promise<void> {
  for (const guard of guards) await guard.check(operation, tx)
}

export async function admitBytes(guards: readonly Guard[], upload: IncomingBytes): Promise<void> {
  for (const guard of guards) await guard.admitBytes?.(upload)
}

export async function settleBytes(
  guards: readonly Guard[],
  uploadId: string,
  heldBytes: () => Promise<number | undefined>,
): Promise<void> {
  for (const guard of guards) await guard.settleBytes?.(uploadId, heldBytes)
}

/**
 * For what removes many things by itself, such as retention: it asks before, and leaves out what somebody keeps, where a
 * person would be refused. Undefined: it may go.
 */
export async function whyTagIsKept(
  guards: readonly Guard[],
  tag: TagAt,
  executor: Executor,
): Promise<string | undefined> {
  for (const guard of guards) {
    const reason = await guard.keepsTag?.(tag, executor)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** What every guard keeps in one repository. */
export function keptIn(
  guards: readonly Guard[],
  spot: Spot,
  executor: Executor,
  discreetly: boolean,
): Promise<readonly KeptIn[]> {
  return Promise.all(guards.flatMap((guard) => guard.keepsIn?.(spot, executor, discreetly) ?? []))
}

/** The tags on it are asked about with `whyTagIsKept`. */
export async function whyManifestIsKept(
  guards: readonly Guard[],
  manifest: ManifestAt,
  executor: Executor,
): Promise<string | undefined> {
  for (const guard of guards) {
    const reason = await guard.keepsManifest?.(manifest, executor)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** What the audit calls it. */
export const PAST_TENSE = {
  'push-blob': 'blob.pushed',
  'push-manifest': 'manifest.pushed',
  'move-tags': 'tag.moved',
  'delete-tag': 'tag.deleted',
  'delete-manifests': 'manifest.deleted',
  'restore-manifests': 'manifest.restored',
  'delete-repository': 'repository.deleted',
  'restore-repository': 'repository.restored',
  'delete-blob': 'blob.deleted',
  'collect-blob': 'blob.collected',
  'collect-manifest': 'manifest.collected',
} as const satisfies Readonly<Record<Operation['type'], string>>

/**
 * Reacts to a change, in its own transaction: what it writes down to be done later is there exactly when the change is.
 * It refuses nothing.
 */
export interface Listener {
  readonly name: string
  heard(operation: Operation, tx: Transaction): Promise<void>
}

/** Who is told of changes. */
export interface Witnesses {
  readonly recorder: Recorder
  readonly listeners?: readonly Listener[] | undefined
}

/** Says in the change's own transaction that it was made, and by whom. */
export async function recordOperation(
  { recorder, listeners = [] }: Witnesses,
  operation: Operation,
  tx: Transaction,
): Promise<void> {
  for (const listener of listeners) await listener.heard(operation, tx)
  await recorder.record(tx, {
    actor: operation.actor,
    action: PAST_TENSE[operation.type],
    target: `repository:${operation.repository}`,
    outcome: 'done',
    detail: detailOf(operation),
  })
}

/** The audit holds a detail of a few KiB; what is longer is counted. */
export const MAX_NAMED = 50

function detailOf(operation: Operation): Readonly<Record<string, unknown>> {
  switch (operation.type) {
    case 'push-blob':
    case 'delete-blob':
    case 'collect-blob':
    case 'collect-manifest':
      return { digest: operation.digest, bytes: operation.sizeBytes }
    case 'push-manifest':
      return { digest: operation.digest, tags: operation.tags.map(toNames), from: operation.from }
    case 'move-tags':
      return { digest: operation.digest, ...listed(operation.tags.map(toNames)), reason: operation.reason }
    case 'delete-tag':
      return { tag: operation.tag, digest: operation.digest }
    case 'delete-manifests':
      return { ...named(operation), ...listed(operation.tags), reason: operation.reason }
    case 'restore-manifests':
      return named(operation)
    default:
      return {}
  }
}

function toNames({ tag, previous }: TagChange): Readonly<Record<string, unknown>> {
  return { tag, previous }
}

function listed(tags: readonly unknown[]): Readonly<Record<string, unknown>> {
  return tags.length <= MAX_NAMED ? { tags } : { tags: tags.slice(0, MAX_NAMED), tagCount: tags.length }
}

function named({ digests }: { readonly digests: readonly Digest[] }): Readonly<Record<string, unknown>> {
  return digests.length === 1
    ? { digest: digests[0] }
    : { digests: digests.slice(0, MAX_NAMED), manifests: digests.length }
}
