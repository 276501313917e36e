import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { Database } from './db.ts'
import { storageName } from './move-state.ts'
import { openSqlite } from './sqlite.ts'

/** Where the database is. */
export interface DatabasePlace {
  /** `postgres://…`; undefined: SQLite in the data folder. */
  readonly database?: string | undefined
  readonly data: string
  /** Where its objects are; undefined: in the data folder. */
  readonly storage?: string | undefined
}

interface OpenOptions {
  readonly clock: Clock
  readonly onBroken: (error: Error) => void
  /** For processes that serve. */
  readonly checkpointThread?: boolean
  /** For a process that writes very much beside one that serves. */
  readonly bulk?: boolean
  /** How long requests are answered from memory while PostgreSQL cannot be reached. */
  readonly outageMs?: number
  /** Names the server that this process is of, for the others. */
  readonly self?: string
  /** The move that this process makes: nobody else may write then. */
  readonly move?: string
}

/** What servers do unless they are told otherwise, for commands that do not know. */
const DEFAULT_OUTAGE_MS = 30_000

export async function openDatabase(place: DatabasePlace, options: OpenOptions): Promise<Database> {
  const { database, data } = place
  const opener = { storage: storageName(place), move: options.move }
  if (database === undefined) return openSqlite({ path: sqlitePath(data), ...options, opener })
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres({
    url: database,
    clock: options.clock,
    outageMs: options.outageMs ?? DEFAULT_OUTAGE_MS,
    self: options.self ?? '',
    opener,
  })
}

export function sqlitePath(data: string): string {
  return join(resolve(data), 'berth.db')
}

/** For commands: a folder without a database is a mistyped one, or has lost it. @throws Error */
export function requireDatabase({ database, data }: DatabasePlace): void {
  const path = sqlitePath(data)
  if (database === undefined && !existsSync(path))
    throw new Error(`there is no registry in ${resolve(data)}: ${path} is missing`)
}
