import { Command } from 'commander'
import type { LoadedConfig } from '../config/load.ts'
import { addAccessCommands } from './access.ts'
import { addAuditCommands } from './audit-commands.ts'
import { addBackupCommands } from './backup.ts'
import { addGcCommands } from './gc.ts'
import { addHistoryCommands } from './history.ts'
import { addImmutabilityCommands } from './immutability.ts'
import { addProtectionCommands } from './protection.ts'
import { addQuotaCommands } from './quota.ts'
import { addRebuildCommands } from './rebuild.ts'
import { addRepositoryCommands } from './repository.ts'
import { addRetentionCommands } from './retention.ts'
import { addScrubCommands } from './scrub.ts'
import { printConfig } from './config.ts'
import { type Flags, loadFlags, withConfig } from './flags.ts'
import { fsckCommand } from './fsck.ts'
import { addGroupCommands } from './group.ts'
import { addKeyCommands } from './key.ts'
import { addLoginCommands } from './login-commands.ts'
import { addGrantCommands, addProjectCommands } from './project.ts'
import { addRobotCommands } from './robot.ts'
import { serve } from './serve.ts'
import { requireUsable } from './usable.ts'
import { addUserCommands } from './user-commands.ts'
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
  addGroupCommands(program)
  addProjectCommands(program)
  addGrantCommands(program)
  addRobotCommands(program)
  addKeyCommands(program)
  addAccessCommands(program)
  addLoginCommands(program)
  addAuditCommands(program)
  addRepositoryCommands(program)
  addHistoryCommands(program)
  addRetentionCommands(program)
  addImmutabilityCommands(program)
  addProtectionCommands(program)
  addQuotaCommands(program)
  addGcCommands(program)
  addScrubCommands(program)
  addBackupCommands(program)
  addRebuildCommands(program)
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

function withServeFlags(command: Command): Command {
  command.option('--config <file>', 'configuration file, YAML (or BERTH_CONFIG)')
  for (const [flag, , description] of SERVE_FLAGS) command.option(flag, description)
  return command.option('--insecure-http', 'allow plain HTTP where other machines can reach it')
}

function load(flags: Flags): Promise<LoadedConfig> {
  return loadFlags(flags, SERVE_FLAGS)
}
