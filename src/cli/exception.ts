import type { Command } from 'commander'
import { readUserFile } from '../lib/user-files.ts'
import { Problem } from '../lib/problem.ts'
import { listExceptions, listVex } from '../scanning/exception-store.ts'
import { addException, addVex, removeException, removeVex } from '../scanning/manage-exceptions.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { parseDays } from './parse-days.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'

interface ExceptionFlags extends Flags {
  readonly reason?: string
  readonly package?: string
  readonly repositories?: string
  readonly days: number
}

const DAY_MS = 86_400_000
const REPOSITORIES = 'only repositories whose names below the project match'

export function addExceptionCommands(program: Command): void {
  const exception = program
    .command('exception')
    .description('Say that findings of a project are none: they stay visible, and do not count.')
  withConfig(exception.command('list <project>').description('List the exceptions of a project.')).action(
    async (name: string, flags: Flags) => {
      const found = await withManagement(await offlineOf(flags), async (m) =>
        listExceptions(m.database.reader, (await projectNamed(m, name)).id),
      )
      printTable(
        found.map(({ id, vulnerability, package: of, repositories, expiresAt, createdBy, reason }) => [
          ...[String(id), vulnerability, of === '' ? 'any package' : of],
          ...[repositories === '' ? 'all repositories' : repositories, `until ${expiresAt.toISOString().slice(0, 10)}`],
          ...[createdBy, reason],
        ]),
      )
    },
  )
  withConfig(
    exception.command('add <project> <vulnerability>').description('Add an exception, for example CVE-2024-3094.'),
  )
    .requiredOption('--reason <text>', 'why it is none')
    .option('--package <name>', 'only in this package')
    .option('--repositories <pattern>', REPOSITORIES)
    .option('--days <n>', 'for so long, at most a year', parseDays, 90)
    .action(async (name: string, vulnerability: string, flags: ExceptionFlags) => {
      const added = await withManagement(await offlineOf(flags), async (m) =>
        addException(m, BY_OPERATOR, await projectNamed(m, name), {
          ...{ vulnerability, package: flags.package, repositories: flags.repositories, reason: flags.reason ?? '' },
          expiresAt: new Date(m.clock.now().getTime() + flags.days * DAY_MS),
        }),
      )
      print(`Exception ${added.id} was added; it ends at ${added.expiresAt.toISOString()}.`)
    })
  withConfig(
    exception.command('remove <project> <number>').description('Remove an exception: its findings count again.'),
  ).action(async (name: string, number: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      removeException(m, BY_OPERATOR, await projectNamed(m, name), parseNumber(number)),
    )
    print(`Exception ${number} was removed.`)
  })
  addVexCommands(program)
}

function addVexCommands(program: Command): void {
  const vex = program.command('vex').description('Keep OpenVEX documents of a project.')
  withConfig(vex.command('list <project>').description('List the documents.')).action(
    async (name: string, flags: Flags) => {
      const found = await withManagement(await offlineOf(flags), async (m) =>
        listVex(m.database.reader, (await projectNamed(m, name)).id),
      )
      printTable(
        found.map(({ id, repositories, createdBy, createdAt }) => [
          ...[String(id), repositories === '' ? 'all repositories' : repositories, createdBy, createdAt.toISOString()],
        ]),
      )
    },
  )
  withConfig(
    vex.command('add <project> <file>').description('Add a document; what it calls not affected does not count.'),
  )
    .option('--repositories <pattern>', REPOSITORIES)
    .action(async (name: string, file: string, flags: ExceptionFlags) => {
      const content = await readUserFile(file)
      if (content === undefined) throw new Problem('invalid', `there is no file ${file}`)
      const added = await withManagement(await offlineOf(flags), async (m) =>
        addVex(m, BY_OPERATOR, await projectNamed(m, name), { content, repositories: flags.repositories }),
      )
      print(`Document ${added.id} was added.`)
    })
  withConfig(vex.command('remove <project> <number>').description('Remove a document.')).action(
    async (name: string, number: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) =>
        removeVex(m, BY_OPERATOR, await projectNamed(m, name), parseNumber(number)),
      )
      print(`Document ${number} was removed.`)
    },
  )
}
