import { failpoint } from '../lib/failpoint.ts'
import { hasLease } from '../metadata/leases.ts'
import { dueTrash, removeTrash, type Trash } from '../metadata/trash.ts'
import type { Registry } from '../registry/registry.ts'
import { isKeyUsed } from './store.ts'

const AT_ONCE = 64

export interface Reaped {
  readonly seen: number
  readonly objects: number
  readonly bytes: number
}

const NOTHING: Reaped = { seen: 0, objects: 0, bytes: 0 }

/**
 * Removes objects whose time in the trash is over: the object first and its row second, so that a crash in between only
 * means to remove it again. While a backup copies, nothing is removed.
 */
export async function reap(registry: Registry): Promise<Reaped> {
  const { database, clock } = registry
  if (await hasLease(database.reader, 'backup:', clock.now())) return NOTHING
  const due = await dueTrash(database.reader, clock.now(), AT_ONCE)
  if (due.length === 0) return NOTHING
  // That no row names these objects must survive a power cut before they go.
  await database.write(async () => undefined)
  const removed = await Promise.all(due.map((trash) => removeObject(registry, trash)))
  failpoint('gc.after-object')
  await database.writeQuietly(async (tx) => {
    for (const { storageKey } of due) await removeTrash(tx, storageKey)
  })
  const objects = due.filter((_, index) => removed[index])
  return {
    seen: due.length,
    objects: objects.length,
    bytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

/** An object that a blob does name was only taken for an orphan, while its push was ending: it stays. */
async function removeObject({ database, blobs }: Registry, { storageKey }: Trash): Promise<boolean> {
  if (await isKeyUsed(database.reader, storageKey)) return false
  failpoint('gc.before-object')
  await blobs.delete(storageKey)
  return true
}
