/**
 * Every `failpoint('…')` in src, with how often a small workload passes it: `kill.test.ts` dies at each, at a random
 * one of that many passes. `test/architecture.test.ts` keeps the list complete.
 */
export const FAILPOINTS = {
  'upload.start': 16,
  'upload.write': 24,
  'blob.before-sync': 6,
  'blob.before-rename': 6,
  'blob.after-sync': 6,
  'metadata.before-commit': 60,
  'metadata.after-commit': 60,
  'metadata.sync': 16,
  'metadata.after-sync': 16,
} as const satisfies Readonly<Record<string, number>>

export type Failpoint = keyof typeof FAILPOINTS

export const FAILPOINT_NAMES = Object.keys(FAILPOINTS) as Failpoint[]

/**
 * Those that only commands and jobs pass: `audit.test.ts`, `backup.test.ts`, `gc.test.ts` and `rebuild.test.ts` die at
 * each.
 */
export const COMMAND_FAILPOINTS = {
  backup: [
    'backup.before-snapshot',
    'backup.after-snapshot',
    'backup.copy',
    'backup.before-manifest',
    'backup.before-prune',
  ],
  restore: ['restore.copy', 'restore.before-database', 'restore.after-database'],
  recovery: ['recovery.before-commit', 'recovery.after-commit', 'recovery.before-prune'],
  audit: ['audit.before-seal', 'audit.after-seal'],
  gc: ['gc.batch', 'gc.before-object', 'gc.after-object'],
  rebuild: ['rebuild.before-content', 'rebuild.before-database', 'rebuild.after-database'],
  move: ['move.copy', 'move.before-switch', 'move.after-rows', 'move.after-marker'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export const COMMAND_FAILPOINT_NAMES = Object.values(COMMAND_FAILPOINTS).flat()

/** Those of servers on PostgreSQL and an object store: `replicas.test.ts` dies at each. */
export const REPLICA_FAILPOINTS: readonly string[] = [
  'postgres.first-attempt',
  'postgres.before-commit',
  'postgres.after-commit',
]
