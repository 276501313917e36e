import { unlinkBlob } from '../metadata/blob-links.ts'
import type { Transaction } from '../metadata/db.ts'
import { removeDeletion } from '../metadata/deletions.ts'
import { removeRepository } from '../metadata/remove-repository.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
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
} from './store.ts'

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
    const left = limit - seen
    const purged = isBuried
      ? await purgeRepository(tx, deletion.repository_id, { limit: left, now })
      : await purgeManifests(tx, deletion.id, { limit: left, now })
    seen += purged.seen
    manifests += purged.manifests
  }
  return { seen, manifests }
}

interface Share {
  readonly limit: number
  readonly now: Date
}

async function purgeManifests(tx: Transaction, deletion: number, { limit, now }: Share): Promise<Purged> {
  const found = await manifestsOfDeletion(tx, deletion, limit)
  await purgeAll(tx, found, now)
  if (found.length === limit) return { seen: found.length, manifests: found.length }
  // The moves of its tags stay in the history; a hundred thousand of them are not for one transaction.
  const events = await forgetDeletion(tx, deletion, limit)
  if (events < limit) await removeDeletion(tx, deletion)
  return { seen: found.length + events + 1, manifests: found.length }
}

async function purgeAll(
  tx: Transaction,
  found: readonly { repository_id: RepositoryId; digest: Digest }[],
  now: Date,
): Promise<void> {
  for (const manifest of found) await purgeManifest(tx, manifest, now)
}

/** Tags before manifests, because a tag must name one; the repository itself when nothing is left of it. */
async function purgeRepository(tx: Transaction, repository: RepositoryId, { limit, now }: Share): Promise<Purged> {
  const tags = await removeTagRows(tx, repository, limit)
  if (tags > 0) return { seen: tags, manifests: 0 }
  const found = await manifestsOfRepository(tx, repository, limit)
  await purgeAll(tx, found, now)
  if (found.length > 0) return { seen: found.length, manifests: found.length }
  const links = await linksOfRepository(tx, repository, limit)
  for (const digest of links) await unlinkBlob(tx, { repository, digest }, now)
  if (links.length > 0) return { seen: links.length, manifests: 0 }
  const events = await removeEventRows(tx, repository, limit)
  if (events > 0) return { seen: events, manifests: 0 }
  await removeRepository(tx, repository, now)
  return { seen: 1, manifests: 0 }
}
