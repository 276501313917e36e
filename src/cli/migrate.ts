import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { formatByteSize } from '../lib/byte-size.ts'
import { systemClock } from '../lib/clock.ts'
import { lockInstance } from '../metadata/instance-lock.ts'
import type { DatabasePlace } from '../metadata/open.ts'
import { moveHouse, type MoveReport } from '../move/move.ts'
import { keepPlan, undoMove } from '../move/undo.ts'
import type { Registry } from '../registry/registry.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import { storeOf } from './store.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { showMove } from './move-progress.ts'
import { newHome, type NewHomeFlags, serveCommand } from './new-home.ts'
import { type Offline, withDatabase, withRegistry } from './offline.ts'
import { print } from './output.ts'
import { armFailpoints } from './registry-at.ts'

interface MigrateFlags extends Flags, NewHomeFlags {
  readonly undo?: boolean
  readonly loseChanges?: boolean
  readonly despiteDamage?: boolean
  readonly json?: boolean
}

export function addMigrateCommand(program: Command): void {
  withConfig(
    program
      .command('migrate')
      .description(
        'Move a registry to another database, another storage or both, beside its running server. Run again when it was broken off. Afterwards the old place takes no changes, and serves what it has until it is stopped. Ends with 1 when something was wrong.',
      ),
  )
    .option('--to-database <url>', 'postgres://…, or sqlite:FOLDER (default: the database stays)')
    .option('--to-storage <url>', 's3://, azure:// or gs://, or file:FOLDER (default: the objects stay)')
    .option('--despite-damage', 'move although something is missing or damaged')
    .option('--undo', 'go back to the place that the registry has left')
    .option('--lose-changes', 'with --undo: although something was done in the new place')
    .option('--json', 'print the summary, and on standard error how far it is, as JSON')
    .action(async (flags: MigrateFlags) => {
      armFailpoints()
      const offline = await offlineOf(flags)
      process.exitCode = await (flags.undo === true ? undoCommand(offline, flags) : migrateCommand(offline, flags))
    })
}

async function migrateCommand(offline: Offline, flags: MigrateFlags): Promise<number> {
  const to = newHome(offline, flags)
  return withRegistry(offline, (registry) =>
    withNewFolder(offline, to, async () => {
      const objects = await openNewStore(offline, to, registry)
      const json = flags.json === true
      const progress = showMove({ json })
      const despiteDamage = flags.despiteDamage === true
      const report = await moveHouse({ registry, from: offline, to, objects, progress, despiteDamage })
      if (json) print(JSON.stringify({ ...report, start: serveCommand(to) }))
      else printReport(report, to)
      return report.problems.length === 0 ? 0 : 1
    }),
  )
}

/** No other server or command may be at work where files are made. */
async function withNewFolder<T>(from: DatabasePlace, to: DatabasePlace, work: () => Promise<T>): Promise<T> {
  const usesFolder = to.database === undefined || to.storage === undefined
  if (!usesFolder || resolve(to.data) === resolve(from.data)) return work()
  ensureFolder(resolve(to.data))
  const lock = lockInstance(join(resolve(to.data), 'berth.lock'))
  try {
    return await work()
  } finally {
    lock.release()
  }
}

async function openNewStore({ config, ...from }: Offline, to: DatabasePlace, registry: Registry): Promise<BlobStore> {
  if (from.storage === to.storage && (to.storage !== undefined || resolve(from.data) === resolve(to.data)))
    return registry.blobs
  const encryption = to.storage === undefined ? config.encryption : undefined
  return storeOf({ storage: to.storage, data: to.data, encryption })
}

function printReport(report: MoveReport, to: DatabasePlace): void {
  const { objects, bytes, copied, rows, rowsInSwitch, switchMs, problems } = report
  for (const problem of problems) print(`problem: ${problem}`)
  print(
    `${objects} objects (${formatByteSize(bytes)}), ${copied} of them copied now, and ${rows} rows are there; writers waited ${(switchMs / 1000).toFixed(1)} s for the last ${rowsInSwitch} rows`,
  )
  print(
    `The registry is ${report.to.database} with its objects in ${report.to.storage} now. Start it, with the rest of its configuration, by:`,
  )
  print(`  ${serveCommand(to)}`)
  print('What it has left takes no changes any more, and can be stopped when nobody asks it.')
}

async function undoCommand(offline: Offline, flags: MigrateFlags): Promise<number> {
  const to = flags.toDatabase === undefined ? undefined : newHome(offline, flags)
  await withDatabase(offline, async (database) => {
    const state = await undoMove({
      ...{ database, from: offline, to, loseChanges: flags.loseChanges === true, now: systemClock.now() },
      withTarget: (work) => withDatabase(to ?? offline, work),
    })
    print(`The registry is ${state.from.database} with its objects in ${state.from.storage} again, and takes changes.`)
    if (state.state === 'left' && to === undefined)
      print(`Nobody may use ${state.to.database} any more, which could not be seen to without --to-database.`)
    else await keepPlan(database, state, systemClock.now())
  })
  return 0
}
