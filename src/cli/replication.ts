import { type Command, Option } from 'commander'
import { formatByteSize } from '../lib/byte-size.ts'
import type { ReplicatedState } from '../metadata/schema-replication.ts'
import { type Execution, listExecutions } from '../replication/execution-store.ts'
import { listImages } from '../replication/image-store.ts'
import { requireExecution, retryExecution, startExecution, stopExecution } from '../replication/manage-executions.ts'
import { changeRule, createRule, removeRule, requireRule } from '../replication/manage-rules.ts'
import type { StoredRule } from '../replication/rule.ts'
import { listRules } from '../replication/rule-store.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'
import { bodyOf, type RuleFlags, withRuleFlags } from './replication-flags.ts'

export function addReplicationCommands(program: Command): void {
  const replication = program
    .command('replication')
    .description('Bring images to and from other registries by rules: on change, on schedule, or by hand.')
  addRuleCommands(replication)
  addExecutionCommands(replication)
}

interface CreateFlags extends RuleFlags {
  readonly push?: string
  readonly pull?: string
  readonly off?: boolean
}

function addRuleCommands(replication: Command): void {
  withRuleFlags(
    withConfig(replication.command('create <name>').description('Make a rule.'))
      .option('--push <remote>', 'from here to that remote')
      .option('--pull <remote>', 'from that remote to here')
      .option('--off', 'make it without turning it on'),
  ).action(async (name: string, flags: CreateFlags) => {
    const remote = flags.push ?? flags.pull
    if (remote === undefined || (flags.push !== undefined && flags.pull !== undefined))
      throw new Error('say either --push REMOTE or --pull REMOTE; "berth remote list" shows the remotes')
    const direction = flags.push === undefined ? 'pull' : 'push'
    const said = Object.entries(bodyOf(flags)).filter(([, value]) => value !== null)
    const input = { name, remote, direction, enabled: flags.off !== true, body: Object.fromEntries(said) } as const
    const made = await withManagement(await offlineOf(flags), (m) => createRule(m, BY_OPERATOR, input))
    printRule(made)
    if (made.enabled) print(`What is there already is brought by: berth replication run ${name}`)
  })
  withRuleFlags(
    withConfig(replication.command('set <name>').description('Change a rule. What is not said stays as it is.'))
      .option('--on', 'turn it on')
      .option('--off', 'turn it off'),
  ).action(async (name: string, flags: RuleFlags & { on?: boolean; off?: boolean }) => {
    const enabled = flags.on === true ? true : flags.off === true ? false : undefined
    const body = bodyOf(flags)
    printRule(await withManagement(await offlineOf(flags), (m) => changeRule(m, BY_OPERATOR, name, { enabled, body })))
  })
  withConfig(replication.command('list').description('List the rules.')).action(async (flags: Flags) => {
    const rules = await withManagement(await offlineOf(flags), (m) => listRules(m.database.reader))
    printTable(rules.map((rule) => [rule.name, routeOf(rule), triggersOf(rule), rule.enabled ? '' : 'off']))
  })
  withConfig(replication.command('show <name>').description('Show a rule.')).action(
    async (name: string, flags: Flags) =>
      printRule(await withManagement(await offlineOf(flags), (m) => requireRule(m, name))),
  )
  withConfig(replication.command('remove <name>').description('Remove a rule. What it brought stays.')).action(
    async (name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), (m) => removeRule(m, BY_OPERATOR, name))
      print(`The rule "${name}" was removed.`)
    },
  )
}

function addExecutionCommands(replication: Command): void {
  withConfig(
    replication
      .command('run <name>')
      .description('Go through everything that a rule is about; the server does it, as soon as it runs.'),
  ).action(async (name: string, flags: Flags) => {
    const { id } = await withManagement(await offlineOf(flags), (m) => startExecution(m, BY_OPERATOR, name))
    print(`Execution ${id} waits for the server. Look at it with: berth replication log ${id}`)
  })
  withConfig(replication.command('executions <name>').description('List what a rule did, the latest first.')).action(
    async (name: string, flags: Flags) => {
      const found = await withManagement(await offlineOf(flags), async (m) => {
        const { id } = await requireRule(m, name)
        return listExecutions(m.database.reader, id, { before: undefined, limit: 100 })
      })
      printTable(found.map(columnsOf))
    },
  )
  withConfig(replication.command('log <execution>').description('Show an execution, and what became of each image.'))
    .addOption(new Option('--only <state>', 'only these').choices(STATES))
    .action(async (text: string, flags: Flags & { only?: ReplicatedState }) => {
      await withManagement(await offlineOf(flags), async (m) => {
        const execution = await requireExecution(m, parseNumber(text))
        printTable([columnsOf(execution)])
        if (execution.error !== undefined) print(execution.error)
        for (let after = { repository: '', reference: '' }; ;) {
          const lines = await listImages(m.database.reader, execution.id, { after, limit: 1000, state: flags.only })
          printTable(
            lines.map(({ repository, reference, state, attempts, reason }) => [
              ...[state, `${repository}:${reference}`],
              ...[attempts > 1 ? `${attempts} attempts` : '', reason],
            ]),
          )
          const last = lines.at(-1)
          if (last === undefined || lines.length < 1000) return
          after = { repository: last.repository, reference: last.reference }
        }
      })
    })
  withConfig(
    replication
      .command('retry <execution>')
      .description('Try again what failed in an execution, and go on with what it left when it was stopped.'),
  ).action(async (text: string, flags: Flags) => {
    const { id } = await withManagement(await offlineOf(flags), (m) =>
      retryExecution(m, BY_OPERATOR, parseNumber(text)),
    )
    print(`Execution ${id} waits for the server. Look at it with: berth replication log ${id}`)
  })
  withConfig(replication.command('stop <execution>').description('End an execution. What it brought stays.')).action(
    async (text: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), (m) => stopExecution(m, BY_OPERATOR, parseNumber(text)))
      print(`Execution ${text} ends.`)
    },
  )
}

const STATES: readonly ReplicatedState[] = [
  ...(['copied', 'present', 'deleted', 'skipped', 'conflict', 'failed', 'waiting'] as const),
]

function columnsOf(execution: Execution): string[] {
  const { id, trigger, actor, state, createdAt, copied, present, deleted, skipped, failed, conflicts } = execution
  const counts = { copied, present, deleted, skipped, failed, conflicts }
  const said = Object.entries(counts).filter(([, count]) => count > 0)
  return [
    ...[String(id), state, trigger === actor ? trigger : `${trigger} by ${actor}`, createdAt.toISOString()],
    said.map(([word, count]) => `${count} ${word}`).join(', ') ||
      (execution.endedAt === undefined ? 'nothing yet' : 'nothing to do'),
    formatByteSize(execution.bytes),
  ]
}

function routeOf({ direction, remote }: StoredRule): string {
  return direction === 'push' ? `to ${remote}` : `from ${remote}`
}

function triggersOf({ body: { onEvent, schedule } }: StoredRule): string {
  const triggers = [...(onEvent ? ['on event'] : []), ...(schedule === undefined ? [] : [`at ${schedule}`])]
  return triggers.length === 0 ? 'by hand' : triggers.join(' and ')
}

function printRule(rule: StoredRule): void {
  const { name, enabled, body } = rule
  const { onEvent: _onEvent, schedule: _schedule, ...rest } = body
  const said = Object.entries(rest).filter(([, value]) => value !== '' && value !== false && String(value) !== '')
  printTable([
    ['name', name],
    ['direction', routeOf(rule)],
    ['when', enabled ? triggersOf(rule) : `off (${triggersOf(rule)})`],
    ...said.map(([word, value]) => [word, value === true ? 'yes' : String(value)]),
  ])
}
