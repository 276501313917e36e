import { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export function databasePath(data: string): string {
  return join(data, 'vulnerabilities.db')
}

/** Raised when the tables change: data of another format counts as none. */
const FORMAT = 1

const TABLES = [
  // One row; `version` is another one for each set of data.
  'create table meta (version text not null, records integer not null)',
  // `modified_at`, `newest_at` and the rest: milliseconds since 1970.
  'create table sources (ecosystem text primary key, records integer not null, updated_at integer not null, newest_at integer, origin text not null, etag text, skipped integer not null) without rowid',
  'create table ecosystems (id integer primary key, name text not null unique, base text not null)',
  'create table records (id integer primary key, name text not null unique, modified_at integer not null, content text not null)',
  // Every name of a record, its aliases included.
  'create table names (name text not null, record_id integer not null, primary key (name, record_id)) without rowid',
  'create table affected (id integer primary key, ecosystem_id integer not null, package text not null, record_id integer not null, content text not null)',
]
const INDICES = [
  'create index affected_package on affected (package, ecosystem_id)',
  'create index affected_record on affected (record_id)',
  'create index affected_ecosystem on affected (ecosystem_id)',
  'create index names_record on names (record_id)',
]

export function createTables(db: Database): void {
  for (const statement of [...TABLES, ...INDICES]) db.run(statement)
  db.run(`pragma user_version = ${FORMAT}`)
  db.run("insert into meta (version, records) values ('', 0)")
}

/** For reading. Undefined: there is no data, or it is of another format. */
export function openDatabaseFile(data: string): Database | undefined {
  const path = databasePath(data)
  if (!existsSync(path)) return undefined
  let db: Database
  try {
    db = new Database(path, { readonly: true, strict: true })
  } catch (error) {
    // It went away in between.
    if (!existsSync(path)) return undefined
    throw error
  }
  if (hasFormat(db)) return db
  db.close()
  return undefined
}

/** Work with the data as it is now. Undefined: there is none. */
export function withDatabaseFile<T>(data: string, work: (db: Database) => T): T | undefined {
  const db = openDatabaseFile(data)
  try {
    return db === undefined ? undefined : work(db)
  } finally {
    db?.close()
  }
}

export function hasFormat(db: Database): boolean {
  try {
    return db.query<{ user_version: number }, []>('pragma user_version').get()?.user_version === FORMAT
  } catch {
    // No database at all.
    return false
  }
}

export interface SourceRow {
  readonly ecosystem: string
  readonly records: number
  readonly updatedAt: number
  readonly newestAt: number | null
  readonly origin: string
  readonly etag: string | null
  readonly skipped: number
}

export function readSources(db: Database): SourceRow[] {
  return db
    .query<SourceRow, []>(
      'select ecosystem, records, updated_at as updatedAt, newest_at as newestAt, origin, etag, skipped from sources order by ecosystem',
    )
    .all()
}

export interface MetaRow {
  readonly version: string
  readonly records: number
}

export function readMeta(db: Database): MetaRow {
  return db.query<MetaRow, []>('select version, records from meta').get() ?? { version: '', records: 0 }
}

export function readEcosystems(db: Database): string[] {
  return db
    .query<{ name: string }, []>('select name from ecosystems')
    .all()
    .map(({ name }) => name)
}
