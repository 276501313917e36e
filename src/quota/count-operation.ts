import type { Transaction } from '../metadata/db.ts'
import type { Operation, TagChange } from '../registry/operation.ts'
import { addBlobHolder, countTagsIn, dropBlobHolder, storesManifest } from './count-store.ts'
import type { Counts } from './store.ts'

const NOTHING: Counts = { bytes: 0, repositories: 0, tags: 0 }

/** Notes which blobs of a project a change brings or takes, and returns what that adds to its counts. */
export async function countOperation(tx: Transaction, project: number, operation: Operation): Promise<Counts> {
  switch (operation.type) {
    case 'push-blob': {
      const { digest, isNew, sizeBytes, createsRepository } = operation
      const isFirst = isNew && (await addBlobHolder(tx, { project, digest }))
      return { ...NOTHING, bytes: isFirst ? sizeBytes : 0, repositories: Number(createsRepository) }
    }
    case 'push-manifest': {
      // One in the recycle bin counts already.
      const bytes = (await storesManifest(tx, operation)) ? 0 : operation.sizeBytes
      return { bytes, tags: newTags(operation.tags), repositories: Number(operation.createsRepository) }
    }
    case 'move-tags':
      return { ...NOTHING, tags: newTags(operation.tags) }
    case 'delete-tag':
      return { ...NOTHING, tags: -1 }
    case 'delete-manifests':
      return { ...NOTHING, tags: -new Set(operation.tags).size }
    // Their blobs and tags come as operations of their own.
    case 'restore-manifests':
      return NOTHING
    // Its bytes go when it is purged.
    case 'delete-repository':
      return { bytes: 0, repositories: -1, tags: -(await countTagsIn(tx, operation.repositoryId)) }
    case 'restore-repository':
      return { bytes: 0, repositories: 1, tags: await countTagsIn(tx, operation.repositoryId) }
    case 'delete-blob':
    case 'collect-blob': {
      const isLast = await dropBlobHolder(tx, { project, digest: operation.digest })
      return { ...NOTHING, bytes: isLast ? -operation.sizeBytes : 0 }
    }
    case 'collect-manifest':
      return { ...NOTHING, bytes: -operation.sizeBytes }
  }
}

function newTags(tags: readonly TagChange[]): number {
  return new Set(tags.filter(({ previous }) => previous === undefined).map(({ tag }) => tag)).size
}
