import type { Command } from 'commander'
import { addRule, removeRule } from '../immutability/manage-rules.ts'
import { listRules } from '../immutability/store.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'

export function addImmutabilityCommands(program: Command): void {
  const immutability = program
    .command('immutability')
    .description('Say which tags of a project are set once, and then neither moved nor deleted.')
  withConfig(
    immutability
      .command('add <project> <tags>')
      .description(
        'Make tags immutable: "v*,release-*", "regex:v\\d+", "semver:>=1.0"; "!" before it means all others. Tags that are there already too.',
      ),
  )
    .option('--repositories <pattern>', 'only repositories whose names below the project match')
    .action(async (project: string, tags: string, flags: Flags & { readonly repositories?: string }) => {
      const { repositories } = flags
      const { id } = await withManagement(await offlineOf(flags), async (m) =>
        addRule(m, BY_OPERATOR, await projectNamed(m, project), { repositories, tags }),
      )
      print(`Rule ${id}: the tags ${tags} in the project ${project} are set once from now on.`)
    })
  withConfig(immutability.command('list <project>').description('List the rules of a project.')).action(
    async (project: string, flags: Flags) => {
      const rules = await withManagement(await offlineOf(flags), async (m) =>
        listRules(m.database.reader, (await projectNamed(m, project)).id),
      )
      printTable(
        rules.map(({ id, tags, repositories }) => [
          String(id),
          tags,
          repositories === '' ? 'in all repositories' : `in ${repositories}`,
        ]),
      )
    },
  )
  withConfig(
    immutability
      .command('remove <project> <number>')
      .description('Remove a rule; "berth immutability list" has the numbers.'),
  ).action(async (project: string, number: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      removeRule(m, BY_OPERATOR, await projectNamed(m, project), parseNumber(number)),
    )
    print(`The rule ${number} was removed.`)
  })
}
