import { jobActor } from '../lib/actor.ts'
import type { Transaction } from '../metadata/db.ts'
import { findIndexOf, findManifestSize } from '../metadata/manifests.ts'
import { lastPulled } from '../metadata/pulls.ts'
import { untaggedOverride } from '../metadata/untagged-rules.ts'
import { isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { binManifests } from '../registry/bin.ts'
import { whyManifestIsKept } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import { type DueManifest, dueManifests, hasTag, reviewManifestAt } from './store.ts'

/** What still has no name is looked at this often at least, because rules may have become stricter. */
const AGAIN_MS = 60 * 60 * 1000

const COLLECTOR = jobActor('gc')

/**
 * Looks at manifests that lost a name: those that nothing names for long enough go to the recycle bin. Returns how many
 * were looked at, and how many went.
 */
export async function collectManifests(
  registry: Registry,
  tx: Transaction,
  limit: number,
): Promise<{ readonly seen: number; readonly binned: number }> {
  const now = registry.clock.now()
  const due = await dueManifests(tx, { now: now.getTime(), limit })
  let binned = 0
  for (const manifest of due) if (await review(registry, tx, manifest, now)) binned++
  return { seen: due.length, binned }
}

async function review(registry: Registry, tx: Transaction, manifest: DueManifest, now: Date): Promise<boolean> {
  const again = now.getTime() + AGAIN_MS
  // Of a deleted repository: it goes with it, or is looked at when that was restored.
  if (manifest.deleted_at !== null) return later(tx, manifest, again)
  if (await isNamed(tx, manifest)) return later(tx, manifest, null)
  const { repository, repository_id: repositoryId, digest } = manifest
  if ((await whyManifestIsKept(registry.guards, { repository, repositoryId, digest }, tx)) !== undefined)
    return later(tx, manifest, again)
  const { leaseEndsAt, lastUsedAt } = await ages(registry, tx, manifest)
  const untaggedMs = (await untaggedOverride(tx, repository)) ?? registry.keeping.untaggedMs
  const goesAt = Math.max(leaseEndsAt, lastUsedAt + untaggedMs)
  if (goesAt > now.getTime()) return later(tx, manifest, Math.min(goesAt, again))
  const place = { repository, repositoryId, actor: COLLECTOR }
  const bin = { kind: 'untagged', reason: 'nothing named it', digests: [digest] } as const
  try {
    return (await binManifests(registry, tx, place, { ...bin, namedUntil: new Date(lastUsedAt) })) !== undefined
  } catch (error) {
    // A rule that keeps it, and did not say so before, must not keep the collector from everything else.
    if (error instanceof OciError) return later(tx, manifest, again)
    throw error
  }
}

async function later(tx: Transaction, manifest: DueManifest, at: number | null): Promise<false> {
  await reviewManifestAt(tx, manifest, at)
  return false
}

/** By a tag, an index, or as the referrer of something that is there. */
async function isNamed(tx: Transaction, { repository_id, digest, subject }: DueManifest): Promise<boolean> {
  if (await hasTag(tx, repository_id, digest)) return true
  if ((await findIndexOf(tx, repository_id, digest)) !== undefined) return true
  return subject !== null && isDigest(subject) && (await findManifestSize(tx, repository_id, subject)) !== undefined
}

async function ages(
  registry: Registry,
  tx: Transaction,
  { repository_id, digest, created_at, released_at }: DueManifest,
): Promise<{ readonly leaseEndsAt: number; readonly lastUsedAt: number }> {
  const pulledAt = (await lastPulled(tx, repository_id, digest)) ?? 0
  return {
    leaseEndsAt: created_at + registry.keeping.leaseMs,
    lastUsedAt: Math.max(created_at, released_at ?? 0, pulledAt),
  }
}
