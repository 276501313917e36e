import type { Transaction } from '../metadata/db.ts'
import { addTrash } from '../metadata/trash.ts'
import type { Registry } from '../registry/registry.ts'
import { dueBlobs, isNamed, keepBlob, removeBlob } from './store.ts'

export interface Collected {
  readonly seen: number
  readonly blobs: number
  /** Freed at once: they were in rows. Objects free theirs when they are removed. */
  readonly rowBytes: number
}

/**
 * Forgets blobs that no repository holds and no manifest names, those in the recycle bin included. An object goes to the
 * trash: somebody may be reading it. Pushed again it becomes a new object, so the old one can go whenever it likes.
 */
export async function collectBlobs(registry: Registry, tx: Transaction, limit: number): Promise<Collected> {
  const now = registry.clock.now()
  const due = await dueBlobs(tx, { now: now.getTime(), limit })
  const deleteAfter = new Date(now.getTime() + registry.keeping.trashDelayMs)
  let blobs = 0
  let rowBytes = 0
  for (const { digest, size, storage_key: storageKey, holders } of due) {
    if (holders > 0 || (await isNamed(tx, digest))) {
      await keepBlob(tx, digest)
      continue
    }
    await removeBlob(tx, digest)
    if (storageKey === null) rowBytes += size
    else await addTrash(tx, { storageKey, sizeBytes: size, deleteAfter })
    blobs++
  }
  return { seen: due.length, blobs, rowBytes }
}
