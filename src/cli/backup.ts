import type { Command } from 'commander'
import { join, resolve } from 'node:path'
import { backUp } from '../backup/back-up.ts'
import { requireNoOwner } from '../registry/store-owner.ts'
import { restore } from '../backup/restore.ts'
import { verifyBackup } from '../backup/verify.ts'
import { check } from '../fsck/fsck.ts'
import { systemClock } from '../lib/clock.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { randomId } from '../lib/ids.ts'
import { lockInstance } from '../metadata/instance-lock.ts'
import { homeOf } from '../metadata/move-state.ts'
import { makeDatabase } from '../metadata/new-database.ts'
import { sqlitePath } from '../metadata/open.ts'
import { hasDatabaseParts } from '../metadata/snapshot.ts'
import { databaseExists } from '../metadata/sqlite.ts'
import { openBackupFolder } from '../storage/backup-folder.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import { storeOf } from './store.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { type Offline, withDatabase } from './offline.ts'
import { print } from './output.ts'
import { showProgress } from './progress.ts'
import { armFailpoints, withRegistryAt } from './registry-at.ts'

interface BackupFlags extends Flags {
  readonly takeStorage?: boolean
  readonly json?: boolean
  readonly quick?: boolean
}

export function addBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('Copy the database and all it names to a folder, also beside a running server.')
  withConfig(
    backup
      .command('create <folder>', { isDefault: true })
      .description(
        'Make a backup, or bring the one in that folder up to date. Run again when it was broken off. Ends with 1 when something at the source was damaged.',
      ),
  )
    .option('--json', 'print the summary as JSON')
    .action(async (folder: string, flags: BackupFlags) => {
      armFailpoints()
      process.exitCode = await backupCommand(await offlineOf(flags), folder, flags)
    })
  backup
    .command('verify <folder>')
    .description('Read a backup again and compare it with its digests. Ends with 1 when anything is wrong.')
    .option('--quick', 'compare the sizes of objects only, without reading them')
    .option('--json', 'print the summary as JSON')
    .action(async (folder: string, flags: BackupFlags) => {
      process.exitCode = await verifyCommand(folder, flags)
    })
  withConfig(
    program
      .command('restore <folder>')
      .description(
        'Make a data folder (--data), or fill an empty database and storage (--database, --storage), of a backup. Users, rights, robots, keys and sessions come back as they were. Run again when it was broken off.',
      ),
  )
    .option('--take-storage', 'the database that the objects in --storage belonged to is lost: they are this one’s now')
    .option('--json', 'print the summary as JSON')
    .action(async (folder: string, flags: BackupFlags) => {
      armFailpoints()
      process.exitCode = await restoreCommand(await offlineOf(flags), folder, flags)
    })
}

async function backupCommand(offline: Offline, path: string, { json }: BackupFlags): Promise<number> {
  refuseDataFolder(path, resolve(offline.data))
  const store = await storeOf(offline.config)
  return withDatabase(offline, async (database) => {
    const parts = { database, place: offline, objects: store, clock: systemClock }
    const report = await backUp({ ...parts, folder: openBackupFolder(path), progress: showProgress('copied') })
    const { blobs, objects, copied, bytes } = report
    finish(
      { json, report },
      `${blobs} blobs, ${objects} objects (${formatByteSize(bytes)}) are in the backup, ${copied} of them new; it is the state of ${report.createdAt}`,
    )
    return report.problems.length === 0 ? 0 : 1
  })
}

async function verifyCommand(path: string, { json, quick = false }: BackupFlags): Promise<number> {
  requireBackup(path)
  const report = await verifyBackup(openBackupFolder(path), { quick })
  const { blobs, objects, bytes, problems } = report
  finish(
    { json, report },
    `${blobs} blobs, ${objects} objects (${formatByteSize(bytes)}) of ${report.createdAt} checked; ${problems.length} problems`,
  )
  return problems.length === 0 ? 0 : 1
}

async function restoreCommand(offline: Offline, path: string, flags: BackupFlags): Promise<number> {
  const { json } = flags
  const { config } = offline
  const data = resolve(offline.data)
  refuseDataFolder(path, data)
  requireBackup(path)
  if (offline.database === undefined && hasDatabaseParts(sqlitePath(data)))
    throw new Error(`there is a database in ${data} already; restore into another folder, or move its berth.db* away`)
  // A database on a server is made by way of a file.
  ensureFolder(data)
  const lock = lockInstance(join(data, 'berth.lock'))
  try {
    // What the backup has of an adopted place that is not here any more is put into the store itself.
    const hasPlaces = Object.keys(config.adopt).length > 0
    const blobs = await storeOf(hasPlaces ? config : { ...config, adopt: undefined })
    // A folder has one server, and its lock is ours.
    if (offline.storage !== undefined && flags.takeStorage !== true) await requireNoOwner(blobs)
    const report = await restore({
      ...{ folder: openBackupFolder(path), objects: blobs, progress: showProgress('copied') },
      target: ({ id }) =>
        makeDatabase(offline, { ...{ clock: systemClock, id: randomId(), name: 'restoring' }, source: `backup ${id}` }),
      withRegistryAt: (target, work) => withRegistryAt({ target, blobs, config }, work),
    })
    const errors = await withDatabase(offline, (database) =>
      check({ database, blobs, allowSparse: config.content.sparse }, { quick: true }),
    )
    const problems = [
      ...report.problems,
      ...errors.findings.filter(({ severity }) => severity === 'error').map(({ problem }) => problem),
    ]
    const { database, storage } = homeOf(offline)
    const where = database === `sqlite:${data}` && storage === `file:${data}` ? data : `${database} and ${storage}`
    finish(
      { json, report: { ...report, problems } },
      `${report.blobs} blobs, ${report.objects} objects (${formatByteSize(report.bytes)}) of ${report.createdAt} restored to ${where}; uploads that were on their way begin anew`,
    )
    return problems.length === 0 ? 0 : 1
  } finally {
    lock.release()
  }
}

function finish(
  { json, report }: { json: boolean | undefined; report: { readonly problems: readonly string[] } },
  summary: string,
): void {
  if (json === true) {
    print(JSON.stringify(report))
    return
  }
  for (const problem of report.problems) print(`problem: ${problem}`)
  print(summary)
}

function refuseDataFolder(path: string, data: string): void {
  const backup = resolve(path)
  if (`${backup}/`.startsWith(`${data}/`) || `${data}/`.startsWith(`${backup}/`))
    throw new Error(`the backup must lie outside of the data folder ${data}`)
  if (databaseExists(join(backup, 'berth.db')))
    throw new Error(`${backup} is the data folder of a registry; give the folder of a backup`)
}

/** Looking at a mistyped folder makes none. */
function requireBackup(path: string): void {
  const about = join(resolve(path), 'backup.json')
  if (!databaseExists(about)) throw new Error(`there is no finished backup in ${resolve(path)}: ${about} is missing`)
}
