import type { Clock } from '../lib/clock.ts'
import { failpoint } from '../lib/failpoint.ts'
import { randomId } from '../lib/ids.ts'
import { VERSION } from '../lib/version.ts'
import { allBlobs } from '../metadata/blobs.ts'
import { copyToFile } from '../metadata/copy-database.ts'
import type { Database } from '../metadata/db.ts'
import type { DatabasePlace } from '../metadata/open.ts'
import { openSnapshot, type Snapshot } from '../metadata/snapshot.ts'
import { parseDigest } from '../oci/digest.ts'
import { computeDigest } from '../registry/running-hashes.ts'
import type { BackupFolder } from '../storage/backup-folder.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { type About, FORMAT } from './about.ts'
import { type Copied, copyObjects } from '../registry/copy-objects.ts'
import { whileHeld } from '../registry/hold-objects.ts'

export interface BackupParts {
  readonly database: Database
  /** Where that database is. */
  readonly place: DatabasePlace
  readonly objects: BlobStore
  readonly clock: Clock
  readonly folder: BackupFolder
  readonly progress: (done: { readonly objects: number; readonly bytes: number }) => void
}

export interface BackupReport extends About {
  readonly copied: number
  readonly problems: readonly string[]
}

/**
 * Copies the database and every object that it names to a folder, beside a server at work. Until the last moment the
 * folder holds the backup that it held before; what was copied by a run that was broken off is used by the next.
 */
export async function backUp(parts: BackupParts): Promise<BackupReport> {
  const { clock, folder } = parts
  const id = randomId()
  return whileHeld(parts, async (hold) => {
    const createdAt = clock.now().toISOString()
    failpoint('backup.before-snapshot')
    await copyToFile(parts.place, folder.databasePath(id))
    failpoint('backup.after-snapshot')
    await hold.startRenewing()
    const snapshot = openSnapshot(folder.databasePath(id))
    try {
      const copied = await copyObjects(allBlobs(snapshot.reader), {
        from: parts.objects,
        to: folder.objects,
        progress: parts.progress,
        step: () => {
          hold.check()
          failpoint('backup.copy')
        },
      })
      hold.check()
      const about = await describe(folder, { id, createdAt, copied })
      failpoint('backup.before-manifest')
      folder.writeAbout(about)
      failpoint('backup.before-prune')
      await prune(folder, id, snapshot)
      return { ...about, copied: copied.copied, problems: copied.faults }
    } finally {
      snapshot.close()
    }
  })
}

async function describe(
  folder: BackupFolder,
  { id, createdAt, copied }: { id: string; createdAt: string; copied: Copied },
): Promise<About> {
  const { blobs, objects, bytes, faults } = copied
  const database = { bytes: folder.databaseBytes(id) ?? 0, digest: await databaseDigest(folder, id) }
  return { format: FORMAT, id, version: VERSION, createdAt, blobs, objects, bytes, faults: faults.length, database }
}

export function databaseDigest(folder: BackupFolder, id: string): Promise<string> {
  return computeDigest(folder.openDatabase(id), parseDigest(`sha256:${'0'.repeat(64)}`))
}

/** What only older backups held goes, and what broken-off ones left. */
async function prune(folder: BackupFolder, id: string, { reader }: Snapshot): Promise<void> {
  const keys = new Set<string>()
  for await (const { storageKey } of allBlobs(reader)) if (storageKey !== undefined) keys.add(storageKey)
  for await (const { key } of folder.objects.list()) if (!keys.has(key)) await folder.objects.delete(key)
  for await (const upload of folder.objects.uploads.list()) await folder.objects.uploads.abort(upload.id)
  folder.removeOtherDatabases(id)
}
