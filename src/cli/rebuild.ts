import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { check } from '../fsck/fsck.ts'
import { failpoint } from '../lib/failpoint.ts'
import { systemClock } from '../lib/clock.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { lockInstance } from '../metadata/instance-lock.ts'
import { hasDatabaseParts, installDatabase, moveDatabase, removeDatabase } from '../metadata/snapshot.ts'
import { databaseExists } from '../metadata/sqlite.ts'
import { rebuild } from '../recovery/rebuild.ts'
import { openStore } from '../storage/open.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { type Offline, withDatabase } from './offline.ts'
import { print } from './output.ts'
import { armFailpoints, withRegistryAt } from './registry-at.ts'

interface RebuildFlags extends Flags {
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
    .option('--verify', 'read every stored byte, and leave out what is damaged')
    .option('--json', 'print the summary as JSON')
    .action(async (flags: RebuildFlags) => {
      armFailpoints()
      process.exitCode = await rebuildCommand(await offlineOf(flags), flags)
    })
}

async function rebuildCommand({ data: folder, config }: Offline, flags: RebuildFlags): Promise<number> {
  const data = resolve(folder)
  const databasePath = join(data, 'berth.db')
  // A log whose database is gone is of no use, and would ruin the next one: it only moves aside with it.
  if (databaseExists(databasePath) && flags.replace !== true)
    throw new Error(`there is a database in ${data}; with --replace it is moved aside and made anew`)
  if (!databaseExists(join(data, 'blobs')))
    throw new Error(`nothing is stored in ${data}: ${join(data, 'blobs')} is missing`)
  const lock = lockInstance(join(data, 'berth.lock'))
  try {
    const blobs = await openStore(config)
    const making = `${databasePath}.rebuilding`
    removeDatabase(making)
    const verify = flags.verify === true
    const report = await withRegistryAt({ path: making, blobs, config }, (registry) => rebuild(registry, { verify }))
    failpoint('rebuild.before-database')
    if (hasDatabaseParts(databasePath)) moveAside(databasePath)
    installDatabase(making, databasePath)
    failpoint('rebuild.after-database')
    const { findings } = await withDatabase({ data }, (database) =>
      check({ database, blobs, allowSparse: config.content.sparse }, { quick: true }),
    )
    const errors = findings.filter(({ severity }) => severity === 'error').map(({ problem }) => problem)
    const problems = [...report.problems, ...errors]
    if (flags.json === true) print(JSON.stringify({ ...report, problems }))
    else printReport({ ...report, problems })
    return problems.length === 0 ? 0 : 1
  } finally {
    lock.release()
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
