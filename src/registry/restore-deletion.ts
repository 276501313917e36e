import type { Actor } from '../lib/actor.ts'
import { batches } from '../lib/breaths.ts'
import { Problem } from '../lib/problem.ts'
import { type BinEntry, countManifestsIn, findBinEntry } from '../metadata/bin-list.ts'
import { forgetLostTags, isEmptied, type LostTag, lostTagsPage, manifestsIn } from '../metadata/bin-content.ts'
import type { Transaction } from '../metadata/db.ts'
import { removeDeletion } from '../metadata/deletions.ts'
import { findTags } from '../metadata/manifest-graph.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository, raiseRepository } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { moveTags, type Spot } from './move-tags.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'
import { breath } from './rehearse.ts'
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

/** Up to so many manifests with so many tags come back in one step or not at all. */
const MAX_AT_ONCE = 200
const MAX_TAGS_AT_ONCE = 100
/** Of more than that, so many at a time: all other writers wait for each. */
const BATCH = 50

/**
 * Brings back what a deletion took: a repository as a whole, or manifests with their blobs and tags. A crash in the
 * middle of a large one leaves every image either restored or deleted, and restoring again goes on: with the manifests,
 * and with the tags of one that has very many.
 * @throws Problem, OciError
 */
export async function restoreDeletion(registry: Registry, request: RestoreDeletion): Promise<Restored> {
  const { reader } = registry.database
  const entry = requireRestorable(registry, await findBinEntry(reader, request.deletion), request)
  if (entry.kind === 'repository')
    return registry.database.write(async (tx) => restoreRepository(registry, tx, request))
  const lost = await allTagsIn(registry, entry)
  const plan = await planRestore(reader, entry.repositoryId, await manifestsOf(registry, entry, lost))
  const steps = stepsOf(plan, lost)
  const done = { manifests: 0, tags: [] as Tag[], skippedTags: [] as LostTag[] }
  for (const [at, step] of steps.entries()) {
    const isLast = at === steps.length - 1
    const { manifests, tags, skippedTags } = await registry.database.write((tx) =>
      restoreStep(registry, tx, request, { ...step, isLast }),
    )
    done.manifests += manifests
    done.tags.push(...tags)
    done.skippedTags.push(...skippedTags)
    await breath()
  }
  return { repository: entry.repository, ...done }
}

interface Step {
  readonly manifests: readonly Digest[]
  readonly tags: readonly LostTag[]
}

/** What comes back together: an image with its tags, unless it has more than all others should wait for. */
function stepsOf(plan: readonly Digest[], lost: readonly LostTag[]): Step[] {
  if (plan.length <= MAX_AT_ONCE && lost.length <= MAX_TAGS_AT_ONCE) return [{ manifests: plan, tags: lost }]
  const byDigest = Map.groupBy(lost, ({ digest }) => digest)
  const steps: Step[] = []
  for (const manifests of batches(plan, BATCH)) {
    const tags = manifests.flatMap((digest) => byDigest.get(digest) ?? [])
    steps.push({ manifests, tags: tags.slice(0, MAX_TAGS_AT_ONCE) })
    for (const rest of batches(tags.slice(MAX_TAGS_AT_ONCE), MAX_TAGS_AT_ONCE))
      steps.push({ manifests: [], tags: rest })
  }
  const planned = new Set(plan)
  const others = lost.filter(({ digest }) => !planned.has(digest))
  for (const tags of batches(others, MAX_TAGS_AT_ONCE)) steps.push({ manifests: [], tags })
  return steps
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

/** Those in the recycle bin, and what its tags named: somebody may have deleted that again. */
async function manifestsOf(registry: Registry, { id }: BinEntry, lost: readonly LostTag[]): Promise<Digest[]> {
  const all: Digest[] = []
  for (;;) {
    const page = await manifestsIn(registry.database.reader, id, { after: all.at(-1) ?? '', limit: PAGE })
    all.push(...page)
    if (page.length < PAGE) return [...new Set([...all, ...lost.map(({ digest }) => digest)])]
    await breath()
  }
}

const PAGE = 1000

async function allTagsIn(registry: Registry, { id, repositoryId }: BinEntry): Promise<LostTag[]> {
  const all: LostTag[] = []
  for (;;) {
    const after = all.at(-1)?.tag ?? ''
    const page = await lostTagsPage(registry.database.reader, { deletion: id, repositoryId, after, limit: PAGE })
    all.push(...page)
    if (page.length < PAGE) return all
    await breath()
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
  await recordOperation(registry, operation, tx)
  return { repository, manifests, tags: [], skippedTags: [] }
}

async function restoreStep(
  registry: Registry,
  tx: Transaction,
  request: RestoreDeletion,
  { manifests, tags: lost, isLast }: Step & { readonly isLast: boolean },
): Promise<Omit<Restored, 'repository'>> {
  const { deletion } = request
  const entry = await findBinEntry(tx, deletion)
  // Somebody else was quicker.
  if (entry === undefined) return { manifests: 0, tags: [], skippedTags: [] }
  const { repository, repositoryId } = requireRestorable(registry, entry, request)
  const spot: Spot = { repository, repositoryId, actor: request.actor }
  const restored = await restoreManifests(registry, tx, spot, { plan: manifests, keeping: deletion })
  const { free, skippedTags } = await sortTags(tx, spot, lost)
  for (const [digest, tags] of free)
    await moveTags(registry, tx, spot, { tags, digest, reason: 'restored', refusals: {} })
  const names = lost.map(({ tag }) => tag)
  if (isLast && (await isEmptied(tx, deletion))) await removeDeletion(tx, deletion)
  else await forgetLostTags(tx, { deletion, repositoryId, tags: names })
  return { manifests: restored.length, tags: [...free.values()].flat(), skippedTags }
}

async function sortTags(
  tx: Transaction,
  { repositoryId }: Spot,
  lost: readonly LostTag[],
): Promise<{ readonly free: ReadonlyMap<Digest, Tag[]>; readonly skippedTags: LostTag[] }> {
  const names = lost.map(({ tag }) => tag)
  const there = new Map((await findTags(tx, repositoryId, names)).map(({ tag, digest }) => [tag, digest]))
  const free = new Map<Digest, Tag[]>()
  const skippedTags: LostTag[] = []
  for (const [digest, tags] of Map.groupBy(lost, (each) => each.digest)) {
    const absent = tags.filter(({ tag }) => !there.has(tag)).map(({ tag }) => tag)
    // What a tag named may be gone for good, though another that went with it is not.
    if (absent.length > 0 && (await findManifestSize(tx, repositoryId, digest)) !== undefined) free.set(digest, absent)
    for (const lostTag of tags) if ((there.get(lostTag.tag) ?? digest) !== digest) skippedTags.push(lostTag)
  }
  return { free, skippedTags }
}
