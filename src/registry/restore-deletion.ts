import type { Actor } from '../lib/actor.ts'
import { Problem } from '../lib/problem.ts'
import { type BinEntry, countManifestsIn, findBinEntry } from '../metadata/bin-list.ts'
import { type LostTag, manifestsIn, tagsIn } from '../metadata/bin-content.ts'
import type { Transaction } from '../metadata/db.ts'
import { removeDeletion } from '../metadata/deletions.ts'
import { findRepository, raiseRepository } from '../metadata/repositories.ts'
import { findTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { moveTags, type Spot } from './move-tags.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'
import { planRestore, restoreManifests } from './restore-manifests.ts'

export interface RestoreDeletion {
  readonly deletion: number
  readonly actor: Actor
  /** Another name for a repository that was deleted as a whole; undefined: its own. */
  readonly to?: RepositoryName | undefined
}

/** What came back. */
export interface Restored {
  readonly repository: RepositoryName
  readonly manifests: number
  readonly tags: readonly Tag[]
  /** Tags that are there again already, and name something else than they did. */
  readonly skippedTags: readonly LostTag[]
}

/** Up to so many come back in one step or not at all. */
const MAX_AT_ONCE = 200
/** Of more than that, so many at a time: all other writers wait for each. */
const BATCH = 50

/**
 * Brings back what a deletion took: a repository as a whole, or manifests with their blobs and tags. A crash in the
 * middle of a large one leaves every image either restored or deleted, and restoring again goes on.
 * @throws Problem, OciError
 */
export async function restoreDeletion(registry: Registry, request: RestoreDeletion): Promise<Restored> {
  const { reader } = registry.database
  const entry = requireRestorable(registry, await findBinEntry(reader, request.deletion), request)
  if (entry.kind === 'repository')
    return registry.database.write(async (tx) => restoreRepository(registry, tx, request))
  const plan = await planRestore(reader, entry.repositoryId, await allManifestsIn(registry, request.deletion))
  const lost = byDigest(await tagsIn(reader, request.deletion))
  const size = plan.length <= MAX_AT_ONCE ? MAX_AT_ONCE : BATCH
  const done = { manifests: 0, tags: [] as Tag[], skippedTags: [] as LostTag[] }
  for (let start = 0; start < plan.length; start += size) {
    const batch = plan.slice(start, start + size)
    const { manifests, tags, skippedTags } = await registry.database.write((tx) =>
      restoreBatch(registry, tx, request, { batch, lost }),
    )
    done.manifests += manifests
    done.tags.push(...tags)
    done.skippedTags.push(...skippedTags)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { repository: entry.repository, ...done }
}

/** @throws Problem, which says the same of what is not there and of what is over. */
function requireRestorable({ clock }: Registry, entry: BinEntry | undefined, request: RestoreDeletion): BinEntry {
  const { deletion, to } = request
  if (entry === undefined || entry.purgeAt <= clock.now())
    throw new Problem('not-found', `there is nothing of the deletion ${deletion} in the recycle bin any more`)
  if (entry.kind === 'repository') return entry
  if (entry.isBuried)
    throw new Problem('conflict', `the repository ${entry.repository} was deleted as a whole; restore that first`)
  if (to !== undefined)
    throw new Problem('invalid', 'only a repository that was deleted as a whole can be restored under another name')
  return entry
}

async function allManifestsIn(registry: Registry, deletion: number): Promise<Digest[]> {
  const all: Digest[] = []
  for (;;) {
    const page = await manifestsIn(registry.database.reader, deletion, { after: all.at(-1) ?? '', limit: 1000 })
    all.push(...page)
    if (page.length < 1000) return all
  }
}

async function restoreRepository(registry: Registry, tx: Transaction, request: RestoreDeletion): Promise<Restored> {
  const entry = requireRestorable(registry, await findBinEntry(tx, request.deletion), request)
  const repository = request.to ?? entry.repository
  if ((await findRepository(tx, repository)) !== undefined)
    throw new Problem(
      'conflict',
      `there is a repository ${repository} again; restore it under another name ("to", --to)`,
    )
  const { repositoryId } = entry
  const manifests = await countManifestsIn(tx, entry)
  const operation: Operation = { type: 'restore-repository', repository, repositoryId, actor: request.actor }
  await checkGuards(registry.guards, operation, tx)
  await raiseRepository(tx, repositoryId, repository)
  await removeDeletion(tx, entry.id)
  await recordOperation(registry.recorder, operation, tx)
  return { repository, manifests, tags: [], skippedTags: [] }
}

async function restoreBatch(
  registry: Registry,
  tx: Transaction,
  request: RestoreDeletion,
  { batch, lost }: { readonly batch: readonly Digest[]; readonly lost: LostTags },
): Promise<Omit<Restored, 'repository'>> {
  const entry = await findBinEntry(tx, request.deletion)
  // Somebody else was quicker.
  if (entry === undefined) return { manifests: 0, tags: [], skippedTags: [] }
  const { repository, repositoryId } = requireRestorable(registry, entry, request)
  const spot: Spot = { repository, repositoryId, actor: request.actor }
  const restored = await restoreManifests(registry, tx, spot, batch)
  const { free, skippedTags } = await sortTags(
    tx,
    spot,
    batch.flatMap((digest) => lost.get(digest) ?? []),
  )
  for (const [digest, tags] of free)
    await moveTags(registry, tx, spot, { tags, digest, reason: 'restored', refusals: {} })
  return { manifests: restored.length, tags: [...free.values()].flat(), skippedTags }
}

type LostTags = ReadonlyMap<Digest, readonly LostTag[]>

/** Read once, before the manifests come back: with the last one the deletion is forgotten. */
function byDigest(tags: readonly LostTag[]): LostTags {
  return Map.groupBy(tags, ({ digest }) => digest)
}

async function sortTags(
  tx: Transaction,
  { repositoryId }: Spot,
  lost: readonly LostTag[],
): Promise<{ readonly free: ReadonlyMap<Digest, Tag[]>; readonly skippedTags: LostTag[] }> {
  const free = new Map<Digest, Tag[]>()
  const skippedTags: LostTag[] = []
  for (const { tag, digest } of lost) {
    const now = await findTag(tx, repositoryId, tag)
    if (now === undefined) free.set(digest, [...(free.get(digest) ?? []), tag])
    else if (now !== digest) skippedTags.push({ tag, digest })
  }
  return { free, skippedTags }
}
