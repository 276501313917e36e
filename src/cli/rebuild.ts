import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { check } from '../fsck/fsck.ts'
import { failpoint } from '../lib/failpoint.ts'
import { systemClock } from '../lib/clock.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { randomId } from '../lib/ids.ts'
import { lockInstance } from '../metadata/instance-lock.ts'
import { makeDatabase } from '../metadata/new-database.ts'
import { sqlitePath } from '../metadata/open.ts'
import { hasDatabaseParts, moveDatabase } from '../metadata/snapshot.ts'
import { databaseExists } from '../metadata/sqlite.ts'
import { requireNoOwner } from '../registry/store-owner.ts'
import { rebuild } from '../recovery/rebuild.ts'
import { storeOf } from './store.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { type Offline, withDatabase } from './offline.ts'
import { print } from './output.ts'
import { armFailpoints, withRegistryAt } from './registry-at.ts'

interface RebuildFlags extends Flags {
  readonly takeStorage?: boolean
  readonly replace?: boolean
  readonly verify?: boolean
  readonly json?: boolean
}

export function addRebuildCommands(program: Command): void {
  withConfig(
    program
      .command('rebuild')
      .description(
        'Make a lost database anew from what is stored beside it: manifests, tags, and which projects are public. The server must not run. Ends with 1 when something could not be brought back.',
      ),
  )
    .option('--replace', 'when there is a database, move it aside (berth.db.lost-<time>)')
    .option('--take-storage', 'the database that these objects belonged to is lost: they are this one’s now')
    .option('--verify', 'read every stored byte, and leave out what is damaged')
    .option('--json', 'print the summary as JSON')
    .action(async (flags: RebuildFlags) => {
      armFailpoints()
      process.exitCode = await rebuildCommand(await offlineOf(flags), flags)
    })
}

/** That there is something to rebuild from, and no database that would be lost by it. @throws Error */
function requireLost({ database, storage, data }: Offline, { replace }: RebuildFlags): void {
  const folder = resolve(data)
  // A log whose database is gone is of no use, and would ruin the next one: it only moves aside with it.
  if (database === undefined && databaseExists(sqlitePath(folder)) && replace !== true)
    throw new Error(`there is a database in ${folder}; with --replace it is moved aside and made anew`)
  if (database !== undefined && replace === true)
    throw new Error('--replace moves a file aside; on PostgreSQL give the address of an empty database')
  if (storage === undefined && !databaseExists(join(folder, 'blobs')))
    throw new Error(`nothing is stored in ${folder}: ${join(folder, 'blobs')} is missing`)
}

async function rebuildCommand(offline: Offline, flags: RebuildFlags): Promise<number> {
  const { config } = offline
  const data = resolve(offline.data)
  const databasePath = sqlitePath(data)
  const isFile = offline.database === undefined
  requireLost(offline, flags)
  const lock = isFile || offline.storage === undefined ? lockInstance(join(data, 'berth.lock')) : undefined
  try {
    const blobs = await storeOf(config)
    // A folder has one server, and its lock is ours.
    if (offline.storage !== undefined && flags.takeStorage !== true) await requireNoOwner(blobs)
    const making = { clock: systemClock, id: randomId(), name: 'rebuilding', source: 'what is stored' } as const
    const target = await makeDatabase(offline, making)
    const verify = flags.verify === true
    const report = await withRegistryAt({ target, blobs, config }, (registry) => rebuild(registry, { verify }))
    failpoint('rebuild.before-database')
    if (isFile && hasDatabaseParts(databasePath)) moveAside(databasePath)
    const wrong = await target.install()
    failpoint('rebuild.after-database')
    const { findings } = await withDatabase(offline, (database) =>
      check({ database, blobs, allowSparse: config.content.sparse }, { quick: true }),
    )
    const errors = findings.filter(({ severity }) => severity === 'error').map(({ problem }) => problem)
    const problems = [...report.problems, ...wrong, ...errors]
    if (flags.json === true) print(JSON.stringify({ ...report, problems }))
    else printReport({ ...report, problems })
    return problems.length === 0 ? 0 : 1
  } finally {
    lock?.release()
  }
}

function moveAside(databasePath: string): void {
  const lost = `${databasePath}.lost-${systemClock
    .now()
    .toISOString()
    .replace(/[-:]|\.\d+/g, '')}`
  moveDatabase(databasePath, lost)
  process.stderr.write(`the database that was there is ${lost} now\n`)
}

function printReport(report: Awaited<ReturnType<typeof rebuild>>): void {
  for (const problem of report.problems) print(`problem: ${problem}`)
  const { manifests, tags, projects, blobs, bytes } = report
  print(
    `${manifests} manifests, ${tags} tags, ${projects} projects and ${blobs} blobs (${formatByteSize(bytes)}) are back.`,
  )
  print(
    'Not in the log, and to be taken from a backup or made anew: users, groups, grants, robots, keys, rules, quotas, the audit, the history of tags and the recycle bin.',
  )
  print('Changes of the last seconds before the loss may be missing: push them again.')
}
