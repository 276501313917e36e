import { touchLink } from '../metadata/blob-links.ts'
import type { HeldBlob } from '../metadata/blobs.ts'
import { type ManifestHead, touchManifest } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Registry } from './registry.ts'

/**
 * A pusher that is told of a blob will not push it: from that answer on it must stay for half a lease at least, as if it
 * had been pushed. One write in that time, however often it is asked for. False: the collector was quicker.
 */
export async function holdBlob(registry: Registry, name: RepositoryName, blob: HeldBlob): Promise<boolean> {
  const now = registry.clock.now()
  if (isFresh(registry, blob.touchedAt, now)) return true
  return registry.database.writeRelaxed(async (tx) => {
    const repository = await findRepository(tx, name)
    return repository !== undefined && (await touchLink(tx, { repository, digest: blob.digest }, now))
  })
}

/** The same of a manifest that nothing names. */
export async function holdManifest(registry: Registry, head: ManifestHead): Promise<boolean> {
  const now = registry.clock.now()
  if (head.looseSince === undefined || isFresh(registry, head.looseSince, now)) return true
  return registry.database.writeRelaxed((tx) => touchManifest(tx, head, now))
}

/** Whether a hold is needed at all: only then is it asked whether the asker may push. */
export function needsHold(registry: Registry, touchedAt: number | undefined): boolean {
  return touchedAt !== undefined && !isFresh(registry, touchedAt, registry.clock.now())
}

function isFresh({ keeping }: Registry, touchedAt: number, now: Date): boolean {
  return now.getTime() - touchedAt < keeping.leaseMs / 2
}
