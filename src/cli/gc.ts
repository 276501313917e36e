import type { Command } from 'commander'
import type { Collection } from '../gc/collect.ts'
import { collectorStatus, runCollector } from '../gc/run.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'

export function addGcCommands(program: Command): void {
  const gc = program.command('gc').description('Garbage collection, which a running server does by itself.')
  withConfig(gc.command('status').description('What waits to be collected, and what was.')).action(
    async (flags: Flags) => withRegistry(await offlineOf(flags), async (registry) => printStatus(registry)),
  )
  withConfig(gc.command('run').description('Collect what is due now, also beside a running server.')).action(
    async (flags: Flags) => {
      const done = await withRegistry(await offlineOf(flags), (registry) => runCollector(registry))
      printTable(rowsOf(done))
    },
  )
}

async function printStatus(registry: Parameters<typeof collectorStatus>[0]): Promise<void> {
  const { waiting, workedAt, total } = await collectorStatus(registry)
  printTable([
    ['manifests without a name', String(waiting.manifests)],
    ['blobs to be looked at', String(waiting.links + waiting.blobs)],
    ['of these due now', String(waiting.overdue)],
    ['objects in the trash', `${waiting.trashObjects} (${formatByteSize(waiting.trashBytes)})`],
    ['deletions in the recycle bin', String(waiting.deletions)],
  ])
  if (total === undefined || workedAt === undefined) return print('Nothing has been collected yet.')
  print(`Collected so far, last at ${workedAt.toISOString()}:`)
  printTable(rowsOf(total))
}

function rowsOf(done: Collection): string[][] {
  return [
    ['manifests to the recycle bin', String(done.manifestsBinned)],
    ['manifests removed for good', String(done.manifestsPurged)],
    ['blobs looked at in their repositories', String(done.linksReviewed)],
    ['blobs removed', String(done.blobsCollected)],
    ['objects removed', String(done.objectsRemoved)],
    ['bytes freed', formatByteSize(done.bytesFreed)],
  ]
}
