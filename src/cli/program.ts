import { Command, Option } from 'commander'
import { environment } from '../config/environment.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { printConfig } from './config.ts'
import { fsckCommand } from './fsck.ts'
import { serve } from './serve.ts'
import type { Offline } from './offline.ts'
import {
  addUserCommand,
  changePasswordCommand,
  changeUserCommand,
  listUsersCommand,
  readPassword,
  removeUserCommand,
  signOutUserCommand,
  type UserFlags,
} from './user.ts'
import { requireUsable } from './usable.ts'
import { VERSION } from '../lib/version.ts'
import { work } from './worker.ts'

/** Flags of `berth serve`, and the configuration key that each one sets. */
const SERVE_FLAGS: readonly (readonly [flag: string, key: string, description: string])[] = [
  ['--listen <host:port>', 'listen', 'address to listen on (default 127.0.0.1:5000)'],
  ['--data <dir>', 'data', 'folder of the database and the blobs (default ./data)'],
  ['--external-url <url>', 'externalUrl', 'address that clients use, when a proxy stands in front'],
  ['--anonymous <access>', 'auth.anonymous', 'none, pull or push without signing in'],
  ['--htpasswd <file>', 'auth.htpasswd.path', 'users from an htpasswd file (bcrypt)'],
  ['--workers <n|auto>', 'workers', 'processes that share the port'],
  ['--tls-cert <file>', 'tls.cert', 'certificate chain, PEM'],
  ['--tls-key <file>', 'tls.key', 'private key, PEM'],
  ['--tls-client-ca <file>', 'tls.clientCa', 'authorities of client certificates, PEM; every client must show one'],
  ['--log-level <level>', 'log.level', 'debug, info, warn or error'],
]

interface Flags {
  readonly config?: string
  readonly insecureHttp?: boolean
  readonly [flag: string]: unknown
}

export function createProgram(): Command {
  const program = new Command('berth')
    .description('A container registry in one process.')
    .version(VERSION)
    .enablePositionalOptions()
  withServeFlags(program.command('serve', { isDefault: true }).description('Run the registry.')).action(
    async (flags: Flags) => serve((await load(flags)).config),
  )
  program.command('worker', { hidden: true }).action(work)
  addConfigCommands(program)
  addUserCommands(program)
  withConfig(program.command('fsck').description('Check every row against every stored byte, and the other way round.'))
    .option('--quick', 'compare sizes only, without reading the bytes')
    .action(async (flags: Flags) => {
      const sound = await fsckCommand((await load(flags)).config, { quick: flags.quick === true })
      process.exitCode = sound ? 0 : 1
    })
  return program
}

function addConfigCommands(program: Command): void {
  const config = program.command('config').description('Look at the configuration.')
  withServeFlags(config.command('check').description('Say what is wrong with the configuration.')).action(
    async (flags: Flags) => {
      requireUsable((await load(flags)).config)
      process.stdout.write('The configuration is good.\n')
    },
  )
  withServeFlags(config.command('print').description('Print the configuration in force, defaults included.')).action(
    async (flags: Flags) => void process.stdout.write(await printConfig((await load(flags)).config)),
  )
}

/** Users, groups, projects and the rest live in the data folder. */
async function offline(flags: Flags): Promise<Offline> {
  const { config } = await load(flags)
  return { data: config.data, config }
}

const ROLE_FLAG = new Option('--role <role>', 'administrator, auditor or none').choices([
  'administrator',
  'auditor',
  'none',
])

function addUserCommands(program: Command): void {
  const user = program.command('user').description('Manage the users of this registry.')
  withConfig(
    user
      .command('add <name>')
      .description(
        'Add a user; the password is asked for, or read from standard input. The first is an administrator.',
      ),
  )
    .addOption(ROLE_FLAG)
    .option('--email <address>', 'links the user to whoever signs in elsewhere with this verified address')
    .option('--no-password', 'the user signs in elsewhere only')
    .action(async (name: string, flags: Flags & UserFlags & { password: boolean }) =>
      addUserCommand(await offline(flags), name, {
        password: flags.password ? await readPassword() : undefined,
        ...(flags.email === undefined ? {} : { email: flags.email }),
        ...(flags.role === undefined ? {} : { role: flags.role }),
      }),
    )
  withConfig(user.command('password <name>').description('Change a password.')).action(
    async (name: string, flags: Flags) => changePasswordCommand(await offline(flags), name, await readPassword()),
  )
  withConfig(user.command('set <name>').description('Change a user’s role or address, disable or enable it.'))
    .addOption(ROLE_FLAG)
    .option('--email <address>', 'links the user to whoever signs in elsewhere with this verified address')
    .option('--disable', 'nothing of this user is accepted any more')
    .option('--enable', 'the user may sign in again')
    .action(async (name: string, flags: Flags & UserFlags) => changeUserCommand(await offline(flags), name, flags))
  withConfig(user.command('sign-out <name>').description('End all sessions and tokens of a user.')).action(
    async (name: string, flags: Flags) => signOutUserCommand(await offline(flags), name),
  )
  withConfig(user.command('remove <name>').description('Remove a user.')).action(async (name: string, flags: Flags) =>
    removeUserCommand(await offline(flags), name),
  )
  withConfig(user.command('list').description('List the users.')).action(async (flags: Flags) =>
    listUsersCommand(await offline(flags)),
  )
}

function withConfig(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file, YAML (or BERTH_CONFIG)')
    .option('--data <dir>', 'folder of the database and the blobs (default ./data)')
}

function withServeFlags(command: Command): Command {
  command.option('--config <file>', 'configuration file, YAML (or BERTH_CONFIG)')
  for (const [flag, , description] of SERVE_FLAGS) command.option(flag, description)
  return command.option('--insecure-http', 'allow plain HTTP where other machines can reach it')
}

async function load(flags: Flags): Promise<LoadedConfig> {
  const values: Record<string, unknown> = { insecureHttp: flags.insecureHttp }
  for (const [flag, key] of SERVE_FLAGS) values[key] = flags[new Option(flag).attributeName()]
  const loaded = await loadConfig({ file: flags.config, environment, flags: values })
  for (const name of loaded.unknownVariables)
    process.stderr.write(`${name} is not a configuration key and was ignored; "berth config print" shows them all\n`)
  return loaded
}
