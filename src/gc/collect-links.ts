import { jobActor } from '../lib/actor.ts'
import { unlinkBlob } from '../metadata/blob-links.ts'
import type { Transaction } from '../metadata/db.ts'
import { findBlobUser, findIndexOf } from '../metadata/manifests.ts'
import { checkGuards } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import { type DueLink, dueLinks, reviewLinkAt } from './store.ts'

const AGAIN_MS = 60 * 60 * 1000
const COLLECTOR = jobActor('gc')

/**
 * Takes blobs from repositories in which no visible manifest needs them and no pusher has just been told of them: a
 * layer of a deleted image is not readable any more, whoever else may hold it (CVE-2026-35172 class).
 */
export async function collectLinks(registry: Registry, tx: Transaction, limit: number): Promise<number> {
  const now = registry.clock.now()
  const due = await dueLinks(tx, { now: now.getTime(), limit })
  for (const link of due) await review(registry, tx, link, now)
  return due.length
}

async function review(registry: Registry, tx: Transaction, link: DueLink, now: Date): Promise<void> {
  if (link.deleted_at !== null) return reviewLinkAt(tx, link, now.getTime() + AGAIN_MS)
  const { repository_id: repositoryId, repository, digest, size } = link
  const user = (await findBlobUser(tx, repositoryId, digest)) ?? (await findIndexOf(tx, repositoryId, digest))
  if (user !== undefined) return reviewLinkAt(tx, link, null)
  const leaseEndsAt = link.touched_at + registry.keeping.leaseMs
  if (leaseEndsAt > now.getTime()) return reviewLinkAt(tx, link, leaseEndsAt)
  await checkGuards(
    registry.guards,
    { type: 'collect-blob', repository, repositoryId, actor: COLLECTOR, digest, sizeBytes: size },
    tx,
  )
  await unlinkBlob(tx, { repository: repositoryId, digest }, now)
}
