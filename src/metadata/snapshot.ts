import { Database as SqliteConnection } from 'bun:sqlite'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Executor, Transaction } from './db.ts'
import { removeLeases } from './leases.ts'
import { MOVE_PLAN, MOVE_STATE } from './move-state.ts'
import { executorOn, integrityErrorsOf } from './sqlite.ts'

/**
 * Writes what is committed at this moment to a file of its own, durably, beside writers at work. Stops this process for
 * as long as that takes.
 */
export function writeSnapshot(from: string, to: string): void {
  removeDatabase(to)
  // SQLite takes an empty file that is there, with its mode: nobody else may read keys and hashes.
  closeSync(openSync(to, 'wx', 0o600))
  const connection = new SqliteConnection(from, { readwrite: true, create: false })
  try {
    connection.run('pragma busy_timeout = 10000')
    connection.run('vacuum into ?', [to])
  } finally {
    connection.close()
  }
  syncPath(to)
  syncPath(dirname(to))
}

/** A database that nobody writes to, read without a trace beside it. */
export interface Snapshot {
  readonly reader: Executor
  integrityErrors(): string[]
  close(): void
}

export function openSnapshot(path: string): Snapshot {
  const connection = new SqliteConnection(path, { readonly: true, strict: true })
  return {
    reader: executorOn(connection),
    integrityErrors: () => integrityErrorsOf(connection),
    close: () => connection.close(),
  }
}

/** Puts a finished database, which nobody has open, in its place: it is there whole or not at all. */
export function installDatabase(from: string, to: string): void {
  if (existsSync(`${from}-wal`)) throw new Error(`${from} is still in use`)
  syncPath(from)
  for (const part of PARTS) rmSync(`${from}${part}`, { force: true })
  renameSync(from, to)
  syncPath(dirname(to))
}

/** What lies beside a database file and belongs to it. */
const PARTS = ['-wal', '-shm', '-commits', '-access']

export function removeDatabase(path: string): void {
  for (const part of ['', ...PARTS]) rmSync(`${path}${part}`, { force: true })
}

/** Whether anything of a database is there: a log without its file would be taken for that of the next one. */
export function hasDatabaseParts(path: string): boolean {
  return ['', '-wal'].some((part) => existsSync(`${path}${part}`))
}

/** Gives a database and all that belongs to it another name. */
export function moveDatabase(from: string, to: string): void {
  // The log first: a database without its log is older, a log without its database ruins the next one.
  for (const part of ['-wal', '-shm', ''])
    if (existsSync(`${from}${part}`)) renameSync(`${from}${part}`, `${to}${part}`)
  removeCounters(from)
  syncPath(dirname(to))
}

/** What servers on a database tell each other by. */
export function removeCounters(path: string): void {
  for (const part of ['-commits', '-access']) rmSync(`${path}${part}`, { force: true })
}

/** A copy has no uploads on their way, nobody holds anything of it, and where its original went is not its matter. Users, robots, keys and sessions stay as they were. */
export async function forgetWhatRan(tx: Transaction): Promise<void> {
  await tx.db.deleteFrom('uploads').execute()
  await tx.db.deleteFrom('quota_reservations').execute()
  await tx.db
    .deleteFrom('job_state')
    .where('name', 'in', ['scrub', 'sweep', 'recovery', MOVE_STATE, MOVE_PLAN])
    .execute()
  await removeLeases(tx, undefined)
}

export function syncPath(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
