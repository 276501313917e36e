import type { Actor } from '../events/recorder.ts'
import { unlinkBlob } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { findBlobUser, findIndexOf, removeManifest } from '../metadata/manifests.ts'
import { findRepository, type RepositoryId } from '../metadata/repositories.ts'
import { removeTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'

/** Where, and who wants it. */
export interface Place {
  readonly repository: RepositoryName
  readonly actor: Actor
}

/**
 * end-9. By tag: only the tag goes. By digest: the manifest and every tag on it, unless an index of this repository
 * needs it. @throws OciError MANIFEST_UNKNOWN, DENIED
 */
export async function deleteManifest(registry: Registry, place: Place, text: string): Promise<void> {
  const unknown = new OciError('MANIFEST_UNKNOWN', { detail: { reference: text.slice(0, 300) } })
  const reference = findableReference(text)
  if (reference === undefined) throw unknown
  const operation: Operation =
    'tag' in reference
      ? { ...place, type: 'delete-tag', tag: reference.tag }
      : { ...place, type: 'delete-manifest', digest: reference.digest }
  await registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined) throw unknown
    await checkGuards(registry.guards, operation, tx)
    const removed =
      'tag' in reference
        ? await removeTag(tx, repositoryId, reference.tag)
        : await removeUnneededManifest(tx, repositoryId, reference.digest)
    if (!removed) throw unknown
    await recordOperation(registry.recorder, operation, tx)
  })
}

/**
 * end-10. The blob leaves this repository at once; other repositories keep it. A blob that a manifest of this
 * repository needs stays, because every visible manifest must be pullable. @throws OciError BLOB_UNKNOWN, DENIED
 */
export async function deleteBlob(registry: Registry, place: Place, digest: Digest): Promise<void> {
  const unknown = new OciError('BLOB_UNKNOWN', { detail: { digest } })
  await registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, place.repository)
    if (repositoryId === undefined) throw unknown
    const operation: Operation = { ...place, type: 'delete-blob', digest }
    await checkGuards(registry.guards, operation, tx)
    const user = (await findBlobUser(tx, repositoryId, digest)) ?? (await findIndexOf(tx, repositoryId, digest))
    if (user !== undefined) throw stillNeeded(digest, user)
    if (!(await unlinkBlob(tx, repositoryId, digest))) throw unknown
    await recordOperation(registry.recorder, operation, tx)
  })
}

async function removeUnneededManifest(tx: Transaction, repositoryId: RepositoryId, digest: Digest): Promise<boolean> {
  const index = await findIndexOf(tx, repositoryId, digest)
  if (index !== undefined) throw stillNeeded(digest, index)
  return removeManifest(tx, repositoryId, digest)
}

/** 405, which the specification allows for deletes that are not possible; nothing that is visible may become unpullable. */
function stillNeeded(digest: Digest, neededBy: Digest): OciError {
  return new OciError('DENIED', {
    status: 405,
    message: `${digest} is part of the manifest ${neededBy} in this repository; delete that first`,
    detail: { reason: 'in-use', digest, neededBy },
  })
}
