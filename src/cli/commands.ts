import type { Command } from 'commander'

type Add = (program: Command) => void

/** Every command but those that serve, by its first word. What nobody asks for is not loaded: it takes longer than its work. */
const GROUPS: readonly (readonly [names: readonly string[], load: () => Promise<Add>])[] = [
  [['config'], async () => (await import('./config-commands.ts')).addConfigCommands],
  [['user'], async () => (await import('./user-commands.ts')).addUserCommands],
  [['group'], async () => (await import('./group.ts')).addGroupCommands],
  [['project'], async () => (await import('./project.ts')).addProjectCommands],
  [['grant'], async () => (await import('./project.ts')).addGrantCommands],
  [['robot'], async () => (await import('./robot.ts')).addRobotCommands],
  [['key'], async () => (await import('./key.ts')).addKeyCommands],
  [['access'], async () => (await import('./access.ts')).addAccessCommands],
  [['login', 'logout', 'docker-credential'], async () => (await import('./login-commands.ts')).addLoginCommands],
  [['audit'], async () => (await import('./audit-commands.ts')).addAuditCommands],
  [['repository', 'tag', 'image', 'promote'], async () => (await import('./repository.ts')).addRepositoryCommands],
  [['history', 'roll-back', 'bin'], async () => (await import('./history.ts')).addHistoryCommands],
  [['retention'], async () => (await import('./retention.ts')).addRetentionCommands],
  [['immutability'], async () => (await import('./immutability.ts')).addImmutabilityCommands],
  [['protect'], async () => (await import('./protection.ts')).addProtectionCommands],
  [['quota'], async () => (await import('./quota.ts')).addQuotaCommands],
  [['remote'], async () => (await import('./remote.ts')).addRemoteCommands],
  [['source'], async () => (await import('./source.ts')).addSourceCommands],
  [['mirror'], async () => (await import('./mirror.ts')).addMirrorCommands],
  [['copy'], async () => (await import('./copy.ts')).addCopyCommand],
  [['import'], async () => (await import('./import.ts')).addImportCommand],
  [['export'], async () => (await import('./export.ts')).addExportCommand],
  [['gc'], async () => (await import('./gc.ts')).addGcCommands],
  [['replicas'], async () => (await import('./replicas.ts')).addReplicaCommands],
  [['replication'], async () => (await import('./replication.ts')).addReplicationCommands],
  [['adopt'], async () => (await import('./adopt.ts')).addAdoptCommands],
  [['scrub'], async () => (await import('./scrub.ts')).addScrubCommands],
  [['backup', 'restore'], async () => (await import('./backup.ts')).addBackupCommands],
  [['rebuild'], async () => (await import('./rebuild.ts')).addRebuildCommands],
  [['vulndb'], async () => (await import('./vulndb.ts')).addVulndbCommands],
  [
    ['scan-images', 'work-apart', 'look-inside', 'scan', 'report'],
    async () => (await import('./scan.ts')).addScanCommands,
  ],
  [['sbom'], async () => (await import('./sbom.ts')).addSbomCommands],
  [['packages'], async () => (await import('./packages.ts')).addPackageCommands],
  [['search'], async () => (await import('./search.ts')).addSearchCommand],
  [['trust', 'signatures'], async () => (await import('./trust.ts')).addTrustCommands],
  [['sign', 'verify'], async () => (await import('./sign.ts')).addSignCommands],
  [['policy'], async () => (await import('./policy.ts')).addPolicyCommands],
  [['exception', 'vex'], async () => (await import('./exception.ts')).addExceptionCommands],
  [['scanner'], async () => (await import('./scanner.ts')).addScannerCommands],
  [['events'], async () => (await import('./events.ts')).addEventCommands],
  [['webhook'], async () => (await import('./webhook.ts')).addWebhookCommands],
  [['migrate'], async () => (await import('./migrate.ts')).addMigrateCommand],
  [['encryption'], async () => (await import('./encryption.ts')).addEncryptionCommands],
  [['doctor'], async () => (await import('./doctor.ts')).addDoctorCommand],
  [['top'], async () => (await import('./top.ts')).addTopCommand],
  [['fsck'], async () => (await import('./fsck-command.ts')).addFsckCommand],
  [['completion'], async () => (await import('./completion.ts')).addCompletionCommand],
  [['profile'], async () => (await import('./api/profile-commands.ts')).addProfileCommands],
]

/** Those that begin with one of these words. */
export async function addCommands(program: Command, wanted: (first: string) => boolean): Promise<void> {
  for (const [names, load] of GROUPS) if (names.some(wanted)) (await load())(program)
}

export function isCommand(first: string): boolean {
  return GROUPS.some(([names]) => names.includes(first))
}
