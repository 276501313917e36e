import { holdsBlob, unlinkBlob } from '../metadata/blob-links.ts'
import { findStoredBlob } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { addDeletion } from '../metadata/deletions.ts'
import { findBlobUser, findIndexOf, findManifestSize } from '../metadata/manifests.ts'
import { buryRepository, findRepository, type RepositoryId } from '../metadata/repositories.ts'
import { findTag, removeTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { Tag } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { binManifests } from './bin.ts'
import { reviewTime } from './keeping.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Place } from './place.ts'
import type { Registry } from './registry.ts'

/** Where something is deleted. */
interface Spot extends Place {
  readonly repositoryId: RepositoryId
}

/**
 * end-9. By tag: only the tag goes. By digest: the manifest and every tag on it, unless an index of this repository
 * needs it. Both can be restored from the recycle bin. @throws OciError MANIFEST_UNKNOWN, DENIED
 */
export async function deleteManifest(registry: Registry, place: Place, text: string): Promise<void> {
  const unknown = new OciError('MANIFEST_UNKNOWN', { detail: { reference: text.slice(0, 300) } })
  const reference = findableReference(text)
  if (reference === undefined) throw unknown
  await registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined) throw unknown
    const spot = { ...place, repositoryId }
    const removed =
      'tag' in reference
        ? await deleteTag(registry, tx, spot, reference.tag)
        : await deleteUnneeded(registry, tx, spot, reference.digest)
    if (!removed) throw unknown
  })
}

/** Returns whether the tag was there. */
export async function deleteTag(registry: Registry, tx: Transaction, spot: Spot, tag: Tag): Promise<boolean> {
  const digest = await findTag(tx, spot.repositoryId, tag)
  if (digest === undefined) return false
  const operation: Operation = { ...spot, type: 'delete-tag', tag, digest }
  await checkGuards(registry.guards, operation, tx)
  const now = registry.clock.now()
  const by = { actor: spot.actor, reason: '' }
  await removeTag(tx, { repositoryId: spot.repositoryId, tag, by, now, reviewAt: reviewTime(registry.keeping, now) })
  await recordOperation(registry.recorder, operation, tx)
  return true
}

async function deleteUnneeded(registry: Registry, tx: Transaction, spot: Spot, digest: Digest): Promise<boolean> {
  if ((await findManifestSize(tx, spot.repositoryId, digest)) === undefined) return false
  const index = await findIndexOf(tx, spot.repositoryId, digest)
  if (index !== undefined) throw stillNeeded(digest, index)
  return (await binManifests(registry, tx, spot, { kind: 'manifest', reason: '', digests: [digest] })) !== undefined
}

/**
 * end-10. The blob leaves this repository at once; other repositories keep it. A blob that a manifest of this
 * repository needs stays, because every visible manifest must be pullable. @throws OciError BLOB_UNKNOWN, DENIED
 */
export async function deleteBlob(registry: Registry, place: Place, digest: Digest): Promise<void> {
  const unknown = new OciError('BLOB_UNKNOWN', { detail: { digest } })
  await registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined || !(await holdsBlob(tx, repositoryId, digest))) throw unknown
    const user = (await findBlobUser(tx, repositoryId, digest)) ?? (await findIndexOf(tx, repositoryId, digest))
    if (user !== undefined) throw stillNeeded(digest, user)
    const sizeBytes = (await findStoredBlob(tx, digest))?.sizeBytes ?? 0
    const operation: Operation = { ...place, repositoryId, type: 'delete-blob', digest, sizeBytes }
    await checkGuards(registry.guards, operation, tx)
    await unlinkBlob(tx, { repository: repositoryId, digest }, registry.clock.now())
    await recordOperation(registry.recorder, operation, tx)
  })
}

/**
 * Deletes a repository with all that is in it, in one step whatever its size. Returns the deletion that brings it back.
 * @throws OciError NAME_UNKNOWN, DENIED
 */
export async function deleteRepository(registry: Registry, place: Place, reason: string): Promise<number> {
  return registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined) throw new OciError('NAME_UNKNOWN', { detail: { name: place.repository } })
    const operation: Operation = { ...place, repositoryId, type: 'delete-repository' }
    await checkGuards(registry.guards, operation, tx)
    const now = registry.clock.now()
    const purgeAt = new Date(now.getTime() + registry.keeping.binMs)
    const deletion = await addDeletion(tx, {
      ...{ repositoryId, kind: 'repository', reason, actor: place.actor, now, purgeAt },
    })
    await buryRepository(tx, { id: repositoryId, name: place.repository, deletion, now })
    await recordOperation(registry.recorder, operation, tx)
    return deletion
  })
}

/** 405, which the specification allows for deletes that are not possible; nothing that is visible may become unpullable. */
function stillNeeded(digest: Digest, neededBy: Digest): OciError {
  return new OciError('DENIED', {
    status: 405,
    message: `${digest} is part of the manifest ${neededBy} in this repository; delete that first`,
    detail: { reason: 'in-use', digest, neededBy },
  })
}
