import { holdsBlob, unlinkBlob } from '../metadata/blob-links.ts'
import { findStoredBlob } from '../metadata/blobs.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
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
import { TagShedding } from './shed-tags.ts'
import { unknownRepository } from './unknown-repository.ts'

/** Where something is deleted. */
interface Spot extends Place {
  readonly repositoryId: RepositoryId
}

/**
 * end-9. By tag: only the tag goes. By digest: the manifest and every tag on it, unless an index of this repository
 * needs it; with very many tags, most of them go in steps before it. Both can be restored from the recycle bin. @throws OciError MANIFEST_UNKNOWN, DENIED
 */
export async function deleteManifest(registry: Registry, place: Place, text: string): Promise<void> {
  const unknown = new OciError('MANIFEST_UNKNOWN', { detail: { reference: text.slice(0, 300) } })
  const reference = findableReference(text)
  if (reference === undefined) throw unknown
  if ('digest' in reference) {
    if (!(await deleteByDigest(registry, place, reference.digest))) throw unknown
    return
  }
  await registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined) throw unknown
    if (!(await deleteTag(registry, tx, { ...place, repositoryId }, reference.tag))) throw unknown
  })
}

/** Returns whether the manifest was there. */
async function deleteByDigest(registry: Registry, place: Place, digest: Digest): Promise<boolean> {
  const { database } = registry
  const repositoryId = await findRepository(database.reader, place.repository)
  if (repositoryId === undefined) return false
  const spot = { ...place, repositoryId }
  if (!(await isDeletable(database.reader, spot, digest))) return false
  const shedding = new TagShedding(registry, spot, digest)
  try {
    await shedding.run()
    return await database.write((tx) => deleteUnneeded(registry, tx, spot, { digest, shedding }))
  } catch (error) {
    await shedding.recordUnfinished()
    throw error
  }
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
  await recordOperation(registry, operation, tx)
  return true
}

async function deleteUnneeded(
  registry: Registry,
  tx: Transaction,
  spot: Spot,
  { digest, shedding }: { readonly digest: Digest; readonly shedding: TagShedding },
): Promise<boolean> {
  const isSame = (await findRepository(tx, spot.repository)) === spot.repositoryId
  if (!isSame || !(await isDeletable(tx, spot, digest))) return false
  const { deletion, tags: tagsBefore } = shedding
  const bin = { kind: 'manifest', reason: '', digests: [digest], deletion, tagsBefore } as const
  return (await binManifests(registry, tx, spot, bin)) !== undefined
}

/** False: it is not there. @throws OciError DENIED when an index of the repository needs it */
async function isDeletable(executor: Executor, { repositoryId }: Spot, digest: Digest): Promise<boolean> {
  if ((await findManifestSize(executor, repositoryId, digest)) === undefined) return false
  const index = await findIndexOf(executor, repositoryId, digest)
  if (index !== undefined) throw stillNeeded(digest, index)
  return true
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
    await recordOperation(registry, operation, tx)
  })
}

/**
 * Deletes a repository with all that is in it, in one step whatever its size. Returns the deletion that brings it back.
 * @throws OciError NAME_UNKNOWN, DENIED
 */
export async function deleteRepository(registry: Registry, place: Place, reason: string): Promise<number> {
  return registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined) throw unknownRepository(place.repository)
    const operation: Operation = { ...place, repositoryId, type: 'delete-repository' }
    await checkGuards(registry.guards, operation, tx)
    const now = registry.clock.now()
    const purgeAt = new Date(now.getTime() + registry.keeping.binMs)
    const deletion = await addDeletion(tx, {
      ...{ repositoryId, kind: 'repository', reason, actor: place.actor, now, purgeAt },
    })
    await buryRepository(tx, { id: repositoryId, name: place.repository, deletion, now })
    await recordOperation(registry, operation, tx)
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
