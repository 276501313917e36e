import type { Command } from 'commander'
import { type Management, requireFound } from '../access/management.ts'
import {
  addTrust,
  changeRobot,
  createRobot,
  type MadeRobot,
  removeRobot,
  removeTrust,
  ROBOT_DAYS,
  rotateRobotSecret,
} from '../auth/manage-robots.ts'
import { findRobot, listAllRobots, listTrustRules, type Robot } from '../auth/robot-store.ts'
import { describePreset, WORKLOAD_PRESETS, type WorkloadPreset } from '../auth/workload-presets.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { parseDays } from './parse-days.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printSecret, printTable } from './output.ts'
import { projectNamed } from './project.ts'

async function robotNamed(m: Management, name: string): Promise<Robot> {
  return requireFound(await findRobot(m.database.reader, name), `robot "${name}"`)
}

interface AddFlags extends Flags {
  readonly project?: string
  readonly days?: number
  readonly never?: boolean
  readonly secret: boolean
}

export function addRobotCommands(program: Command): void {
  const robot = program.command('robot').description('Manage robot accounts, for pipelines and clusters.')
  withConfig(robot.command('add <name>').description('Make a robot account and print its secret.'))
    .option('--project <name>', 'the project whose owners manage it')
    .option('--days <days>', `how long it is good (default ${ROBOT_DAYS}; without a secret: for ever)`, parseDays)
    .option('--never-expires', 'it is good until it is removed')
    .option('--no-secret', 'it is known by tokens of its workload only ("berth robot trust")')
    .action(async (name: string, flags: AddFlags) => {
      const { project, days, secret } = flags
      const made = await withManagement({ ...(await offlineOf(flags)), create: true }, async (m) =>
        createRobot(m, BY_OPERATOR, project === undefined ? undefined : await projectNamed(m, project), {
          name,
          expiresInDays: flags.neverExpires === true ? null : days,
          withoutSecret: !secret,
        }),
      )
      const about = `The robot ${made.name} was made, good ${untilOf(made)}.`
      if (made.secret === undefined) print(about)
      else printSecret(about, made.secret)
    })
  withConfig(robot.command('list').description('List the robot accounts.')).action(async (flags: Flags) => {
    const robots = await withManagement(await offlineOf(flags), (m) => listAllRobots(m.database.reader, '', 100_000))
    printTable(
      robots.map(({ name, expiresAt, disabled, hasSecret }) => [
        name,
        expiresAt === undefined ? 'never expires' : `until ${expiresAt.toISOString()}`,
        [disabled ? 'disabled' : '', hasSecret ? '' : 'without secret'].filter((note) => note !== '').join(', '),
      ]),
    )
  })
  withConfig(robot.command('secret <name>').description('Give a robot a new secret; the old one is void at once.'))
    .option('--days <days>', `how long it is good (default ${ROBOT_DAYS})`, parseDays)
    .action(async (name: string, flags: Flags & { readonly days?: number }) => {
      const made = await withManagement(await offlineOf(flags), async (m) =>
        rotateRobotSecret(m, BY_OPERATOR, await robotNamed(m, name), flags.days),
      )
      printSecret(`The robot ${name} has a new secret, good ${untilOf(made)}.`, made.secret ?? '')
    })
  addRobotSettings(robot)
  addTrustCommands(robot)
}

function untilOf({ expiresAt }: MadeRobot): string {
  return expiresAt === undefined ? 'for ever' : `until ${expiresAt.toISOString()}`
}

function addRobotSettings(robot: Command): void {
  withConfig(robot.command('set <name>').description('Disable, enable or prolong a robot.'))
    .option('--disable', 'nothing of it is accepted any more')
    .option('--enable', 'it may sign in again')
    .option('--days <days>', 'good for so many days from now', parseDays)
    .option('--take-over', 'its rights are no longer bounded by those of whoever made it')
    .action(async (name: string, flags: Flags & { readonly days?: number }) => {
      const disabled = flags.disable === true ? true : flags.enable === true ? false : undefined
      const takeOver = flags.takeOver === true ? true : undefined
      if (disabled === undefined && takeOver === undefined && flags.days === undefined)
        throw new Error('say what to change: --disable, --enable, --days or --take-over')
      await withManagement(await offlineOf(flags), async (m) =>
        changeRobot(m, BY_OPERATOR, await robotNamed(m, name), { disabled, expiresInDays: flags.days, takeOver }),
      )
      print(`The robot ${name} was changed.`)
    })
  withConfig(robot.command('remove <name>').description('Remove a robot account.')).action(
    async (name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) => removeRobot(m, BY_OPERATOR, await robotNamed(m, name)))
      print(`The robot ${name} was removed.`)
    },
  )
}

function addTrustCommands(robot: Command): void {
  withConfig(
    robot
      .command('trust <name> <issuer> <claims...>')
      .description(
        'Make workloads that robot whose token has these claims, each written NAME=PATTERN; ISSUER is a name of auth.workload.',
      ),
  ).action(async (name: string, issuer: string, claims: readonly string[], flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      addTrust(m, BY_OPERATOR, await robotNamed(m, name), { issuer, claims: parseClaims(claims) }),
    )
    print(`Workloads of ${issuer} with these claims are ${name} from now on.`)
  })
  withConfig(robot.command('trusts <name>').description('List which workloads are a robot.')).action(
    async (name: string, flags: Flags) => {
      const rules = await withManagement(await offlineOf(flags), async (m) =>
        listTrustRules(m.database.reader, { robotId: (await robotNamed(m, name)).id }),
      )
      printTable(rules.map(({ id, issuer, claims }) => [String(id), issuer, ...claimTexts(claims)]))
    },
  )
  withConfig(
    robot.command('distrust <name> <number>').description('Remove such a rule; "berth robot trusts" has the numbers.'),
  ).action(async (name: string, number: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      removeTrust(m, BY_OPERATOR, await robotNamed(m, name), parseNumber(number)),
    )
    print(`The rule ${number} was removed.`)
  })
  robot
    .command('claims <preset>')
    .description(`Say which claims a rule may name: ${Object.keys(WORKLOAD_PRESETS).join(', ')}.`)
    .action((preset: string) => {
      if (!Object.hasOwn(WORKLOAD_PRESETS, preset))
        throw new Error(`presets are ${Object.keys(WORKLOAD_PRESETS).join(', ')}`)
      const { requirement, known } = describePreset(preset as WorkloadPreset)
      print(requirement)
      printTable(known.map(({ name, meaning }) => [name, meaning]))
    })
}

function claimTexts(claims: Readonly<Record<string, string>>): string[] {
  return Object.entries(claims).map(([name, pattern]) => `${name}=${pattern}`)
}

function parseClaims(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const equals = text.indexOf('=')
    if (equals < 1) throw new Error(`"${text}" is not NAME=PATTERN`)
    return [text.slice(0, equals), text.slice(equals + 1)] as const
  })
  return Object.fromEntries(pairs)
}
