import type { Command } from 'commander'
import { systemClock } from '../lib/clock.ts'
import { describeReplicas } from '../replicas/describe.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withDatabase } from './offline.ts'
import { print, printTable } from './output.ts'

export function addReplicaCommands(program: Command): void {
  withConfig(
    program.command('replicas').description('Servers on this PostgreSQL database, and the jobs that each one has.'),
  )
    .option('--json', 'print as JSON')
    .action(async (flags: Flags & { readonly json?: boolean }) => {
      const replicas = await withDatabase(await offlineOf(flags), (database) =>
        describeReplicas({ database, clock: systemClock }),
      )
      if (flags.json === true) return print(JSON.stringify(replicas))
      if (replicas.length === 0) return print('No server is there, or the database is SQLite, which has one server.')
      printTable([
        ['ID', 'HOST', 'VERSION', 'STARTED', 'SEEN', 'JOBS'],
        ...replicas.map(({ id, host, version, startedAt, seenAt, jobs }) => [
          ...[id, host, version, startedAt.toISOString(), seenAt.toISOString()],
          jobs.join(', '),
        ]),
      ])
    })
}
