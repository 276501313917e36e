import { jobActor } from '../lib/actor.ts'
import { unlinkBlob } from '../metadata/blob-links.ts'
import type { Transaction } from '../metadata/db.ts'
import { removeDeletion } from '../metadata/deletions.ts'
import { removeRepository } from '../metadata/remove-repository.ts'
import { nameBeforeDeletion } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import { checkGuards, type Spot } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import {
  dueDeletions,
  forgetDeletion,
  linksOfRepository,
  manifestsOfDeletion,
  manifestsOfRepository,
  purgeManifest,
  removeEventRows,
  removeTagRows,
} from './purge-store.ts'

export interface Purged {
  /** Rows that were worked on: none means that nothing is due. */
  readonly seen: number
  readonly manifests: number
}

/** Removes for good what was in the recycle bin until now, a few rows at a time. */
export async function purgeDeletions(registry: Registry, tx: Transaction, limit: number): Promise<Purged> {
  const now = registry.clock.now()
  let seen = 0
  let manifests = 0
  for (const deletion of await dueDeletions(tx, now)) {
    if (seen >= limit) break
    const isBuried = deletion.kind === 'repository' && deletion.deleted_at !== null
    const spot = { repository: nameBeforeDeletion(deletion.repository), repositoryId: deletion.repository_id }
    const share = { registry, spot, limit: limit - seen, now }
    const purged = isBuried ? await purgeRepository(tx, share) : await purgeManifests(tx, deletion.id, share)
    seen += purged.seen
    manifests += purged.manifests
  }
  return { seen, manifests }
}

const COLLECTOR = jobActor('gc')

interface Share {
  readonly registry: Registry
  /** By the name that it had before it was deleted. */
  readonly spot: Spot
  readonly limit: number
  readonly now: Date
}

async function purgeManifests(tx: Transaction, deletion: number, share: Share): Promise<Purged> {
  const { limit } = share
  const found = await manifestsOfDeletion(tx, deletion, limit)
  await purgeAll(tx, found, share)
  if (found.length === limit) return { seen: found.length, manifests: found.length }
  // The moves of its tags stay in the history; a hundred thousand of them are not for one transaction.
  const events = await forgetDeletion(tx, deletion, limit)
  if (events < limit) await removeDeletion(tx, deletion)
  return { seen: found.length + events + 1, manifests: found.length }
}

async function purgeAll(
  tx: Transaction,
  found: readonly { digest: Digest; size: number }[],
  { registry, spot, now }: Share,
): Promise<void> {
  for (const { digest, size: sizeBytes } of found) {
    const what = { type: 'collect-manifest', digest, sizeBytes } as const
    await checkGuards(registry.guards, { ...what, ...spot, actor: COLLECTOR }, tx)
    await purgeManifest(tx, { repository_id: spot.repositoryId, digest }, now)
  }
}

/** Tags before manifests, because a tag must name one; the repository itself when nothing is left of it. */
async function purgeRepository(tx: Transaction, share: Share): Promise<Purged> {
  const { registry, spot, limit, now } = share
  const { repositoryId: repository } = spot
  const tags = await removeTagRows(tx, repository, limit)
  if (tags > 0) return { seen: tags, manifests: 0 }
  const found = await manifestsOfRepository(tx, repository, limit)
  await purgeAll(tx, found, share)
  if (found.length > 0) return { seen: found.length, manifests: found.length }
  const links = await linksOfRepository(tx, repository, limit)
  for (const { digest, size: sizeBytes } of links) {
    const what = { type: 'collect-blob', digest, sizeBytes } as const
    await checkGuards(registry.guards, { ...what, ...spot, actor: COLLECTOR }, tx)
    await unlinkBlob(tx, { repository, digest }, now)
  }
  if (links.length > 0) return { seen: links.length, manifests: 0 }
  const events = await removeEventRows(tx, repository, limit)
  if (events > 0) return { seen: events, manifests: 0 }
  await removeRepository(tx, repository, now)
  return { seen: 1, manifests: 0 }
}
