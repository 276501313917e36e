import type { Command } from 'commander'
import { addUserCommands } from './user-commands.ts'
import { addGroupCommands } from './group.ts'
import { addRobotCommands } from './robot.ts'
import { addKeyCommands } from './key.ts'
import { addAccessCommands } from './access.ts'
import { addLoginCommands } from './login-commands.ts'
import { addAuditCommands } from './audit-commands.ts'
import { addRepositoryCommands } from './repository.ts'
import { addHistoryCommands } from './history.ts'
import { addRetentionCommands } from './retention.ts'
import { addImmutabilityCommands } from './immutability.ts'
import { addProtectionCommands } from './protection.ts'
import { addQuotaCommands } from './quota.ts'
import { addRemoteCommands } from './remote.ts'
import { addSourceCommands } from './source.ts'
import { addMirrorCommands } from './mirror.ts'
import { addCopyCommand } from './copy.ts'
import { addImportCommand } from './import.ts'
import { addExportCommand } from './export.ts'
import { addGcCommands } from './gc.ts'
import { addReplicaCommands } from './replicas.ts'
import { addReplicationCommands } from './replication.ts'
import { addAdoptCommands } from './adopt.ts'
import { addSearchCommand } from './search.ts'
import { addScrubCommands } from './scrub.ts'
import { addBackupCommands } from './backup.ts'
import { addRebuildCommands } from './rebuild.ts'
import { addVulndbCommands } from './vulndb.ts'
import { addScanCommands } from './scan.ts'
import { addSbomCommands } from './sbom.ts'
import { addPackageCommands } from './packages.ts'
import { addTrustCommands } from './trust.ts'
import { addSignCommands } from './sign.ts'
import { addPolicyCommands } from './policy.ts'
import { addExceptionCommands } from './exception.ts'
import { addScannerCommands } from './scanner.ts'
import { addEventCommands } from './events.ts'
import { addWebhookCommands } from './webhook.ts'
import { addMigrateCommand } from './migrate.ts'
import { addEncryptionCommands } from './encryption.ts'
import { addGrantCommands, addProjectCommands } from './project.ts'
import { convertConfig, printConfig } from './config.ts'
import { addDoctorCommand } from './doctor.ts'
import { addTopCommand } from './top.ts'
import { type Flags, withConfig } from './flags.ts'
import { fsckCommand } from './fsck.ts'
import { loadServeFlags, withServeFlags } from './serve-flags.ts'
import { requireUsable } from './usable.ts'

/** Every command but those that serve. */
export function addCommands(program: Command): void {
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
  addRemoteCommands(program)
  addSourceCommands(program)
  addMirrorCommands(program)
  addCopyCommand(program)
  addImportCommand(program)
  addExportCommand(program)
  addGcCommands(program)
  addReplicaCommands(program)
  addReplicationCommands(program)
  addAdoptCommands(program)
  addScrubCommands(program)
  addBackupCommands(program)
  addRebuildCommands(program)
  addVulndbCommands(program)
  addScanCommands(program)
  addSbomCommands(program)
  addPackageCommands(program)
  addSearchCommand(program)
  addTrustCommands(program)
  addSignCommands(program)
  addPolicyCommands(program)
  addExceptionCommands(program)
  addScannerCommands(program)
  addEventCommands(program)
  addWebhookCommands(program)
  addMigrateCommand(program)
  addEncryptionCommands(program)
  addDoctorCommand(program)
  addTopCommand(program)
  withConfig(program.command('fsck').description('Check every row against every stored byte, and the other way round.'))
    .option('--quick', 'compare sizes only, without reading the bytes')
    .action(async (flags: Flags) => {
      const sound = await fsckCommand((await loadServeFlags(flags)).config, { quick: flags.quick === true })
      process.exitCode = sound ? 0 : 1
    })
}

function addConfigCommands(program: Command): void {
  const config = program.command('config').description('Look at the configuration.')
  withServeFlags(config.command('check').description('Say what is wrong with the configuration.')).action(
    async (flags: Flags) => {
      requireUsable((await loadServeFlags(flags)).config)
      process.stdout.write('The configuration is good.\n')
    },
  )
  config
    .command('convert <file>')
    .description(
      'Print a configuration of distribution (docker/registry, 2.x and 3.x) in our words, with REGISTRY_* variables, and what became of each key. Ends with 1 when something has to be settled first.',
    )
    .action(convertConfig)
  withServeFlags(config.command('print').description('Print the configuration in force, defaults included.')).action(
    async (flags: Flags) => void process.stdout.write(await printConfig((await loadServeFlags(flags)).config)),
  )
}
