import { failpoint } from '../lib/failpoint.ts'
import { OPERATOR } from '../lib/actor.ts'
import { allBlobs } from '../metadata/blobs.ts'
import type { NewDatabase } from '../metadata/new-database.ts'
import { forgetWhatRan, openSnapshot } from '../metadata/snapshot.ts'
import { claimRecoveryLogs } from '../registry/recovery-claim.ts'
import type { Registry } from '../registry/registry.ts'
import { type BackupFolder, copyFileTo } from '../storage/backup-folder.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { type About, readAbout } from './about.ts'
import { copyObjects } from '../registry/copy-objects.ts'
import { databaseProblem } from './verify.ts'

export interface RestoreParts {
  readonly folder: BackupFolder
  /** The store of the new data folder. */
  readonly objects: BlobStore
  /** Takes the new database; nothing is there. */
  readonly target: (about: About) => Promise<NewDatabase>
  readonly progress: (done: { readonly objects: number; readonly bytes: number }) => void
  /** Lends the registry on a database that is not in its place yet, and closes it. */
  readonly withRegistryAt: (target: NewDatabase, work: (registry: Registry) => Promise<void>) => Promise<void>
}

export interface RestoreReport extends About {
  readonly copied: number
  readonly problems: readonly string[]
}

/**
 * Makes a data folder of a backup: the objects first, the database last and in one step. One that was broken off has no
 * database, and goes on where it was when it is run again.
 */
export async function restore(parts: RestoreParts): Promise<RestoreReport> {
  const { folder } = parts
  const about = await readAbout(folder)
  const broken = await databaseProblem(folder, about)
  if (broken !== undefined) throw new Error(`this backup cannot be restored: ${broken}`)
  const snapshot = openSnapshot(folder.databasePath(about.id))
  const { copied, faults } = await copyObjects(allBlobs(snapshot.reader), {
    from: folder.objects,
    to: parts.objects,
    progress: parts.progress,
    step: () => failpoint('restore.copy'),
  }).finally(() => snapshot.close())
  const target = await parts.target(about)
  await target.fill((path) => copyFileTo(folder.openDatabase(about.id), path))
  await parts.withRegistryAt(target, (registry) => enter(registry, about))
  failpoint('restore.before-database')
  const wrong = await target.install()
  failpoint('restore.after-database')
  return { ...about, copied, problems: [...faults, ...wrong] }
}

async function enter(registry: Registry, { createdAt, id }: About): Promise<void> {
  await registry.database.write(async (tx) => {
    await forgetWhatRan(tx)
    const detail = { backup: id, createdAt }
    await registry.recorder.record(tx, {
      ...{ actor: OPERATOR, action: 'registry.restored', target: 'registry', outcome: 'done', detail },
    })
  })
  await claimRecoveryLogs(registry)
}
