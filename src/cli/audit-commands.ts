import { type Command, InvalidArgumentError, Option } from 'commander'
import { exportAuditCommand, listAuditCommand, verifyAuditCommand, type Write } from './audit.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'

const write: Write = (text) => void process.stdout.write(text)

interface ListFlags extends Flags {
  readonly actor?: string
  readonly action?: string
  readonly target?: string
  readonly outcome?: 'done' | 'refused'
  readonly since?: Date
  readonly until?: Date
  readonly before?: number
  readonly limit?: number
}

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('See who did what, and that nobody changed the record of it.')
  withTimes(withConfig(audit.command('list').description('List what happened, newest first.')))
    .option('--actor <name>', 'by this user, robot or id')
    .option('--action <action>', 'this action, or all that begin with it when it ends with a point: "manifest."')
    .option('--target <target>', 'done to this: "user:alice", "project:team", "repository:team/app"')
    .addOption(new Option('--outcome <outcome>', 'done or refused').choices(['done', 'refused']))
    .option('--before <id>', 'rows before this one', parseCount)
    .option('--limit <n>', 'how many (default 100)', parseCount)
    .action(async (flags: ListFlags) => {
      const { actor, action, target, outcome, since, until, before, limit } = flags
      const place = await offlineOf(flags)
      await listAuditCommand(place, { actor, action, target, outcome, since, until, before, limit }, write)
    })
  withConfig(
    audit
      .command('verify')
      .description('Check the chain of the whole audit. Ends with 1 when a row was changed, removed, moved or put in.'),
  )
    .option('--head <id:hash>', 'a head noted earlier (a line "audit head" of the log): it must be in the chain still')
    .action(async (flags: Flags & { readonly head?: string }) => {
      const place = await offlineOf(flags)
      process.exitCode = (await verifyAuditCommand(place, { expectHead: flags.head }, write)) ? 0 : 1
    })
  withTimes(withConfig(audit.command('export').description('Print the audit as JSON lines, oldest first.'))).action(
    async (flags: ListFlags) => {
      const { since, until } = flags
      await exportAuditCommand(await offlineOf(flags), { since, until }, write)
    },
  )
}

function withTimes(command: Command): Command {
  return command
    .option('--since <time>', 'from this moment on, for example 2026-08-01 or 2026-08-01T12:00Z', parseTime)
    .option('--until <time>', 'before this moment', parseTime)
}

function parseTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('a date, or a date and time')
  return time
}

function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a whole number')
}
