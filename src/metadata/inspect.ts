import { Database as SqliteConnection } from 'bun:sqlite'
import { existsSync, statSync } from 'node:fs'
import { MIGRATION_NAMES } from './migrate.ts'
import { type DatabasePlace, sqlitePath } from './open.ts'
import { isMissingTable } from './postgres-errors.ts'

/** A database as it lies there. */
export interface InspectedDatabase {
  readonly version: string
  /** Migrations that the next start of this program makes. */
  readonly pending: readonly string[]
  /** Migrations that only a newer program knows. */
  readonly unknown: readonly string[]
  /** How far its clock is before this machine's. */
  readonly aheadMs: number
  /** What the engine's quick check found; undefined: it was not made. */
  readonly problems: readonly string[] | undefined
}

/** A quick check reads the whole file. */
const QUICK_CHECK_BYTES = 2 * 1024 ** 3

/** Looks without changing anything, not even the schema. Undefined: there is none. @throws when it cannot be reached */
export async function inspectDatabase(place: DatabasePlace): Promise<InspectedDatabase | undefined> {
  if (place.database !== undefined) return inspectPostgres(place.database)
  const path = sqlitePath(place.data)
  return existsSync(path) ? inspectSqlite(path) : undefined
}

function inspectSqlite(path: string): InspectedDatabase {
  const connection = new SqliteConnection(path, { readonly: true, strict: true })
  try {
    connection.run('pragma busy_timeout = 5000')
    const isSmall = statSync(path).size <= QUICK_CHECK_BYTES
    const checks = isSmall ? connection.query<{ quick_check: string }, []>('pragma quick_check(10)').all() : undefined
    const version = connection.query<{ version: string }, []>('select sqlite_version() as version').get()
    return {
      version: `SQLite ${version?.version}`,
      ...compare(migrationsIn(connection)),
      aheadMs: 0,
      problems: checks?.map((row) => row.quick_check).filter((text) => text !== 'ok'),
    }
  } finally {
    connection.close()
  }
}

function migrationsIn(connection: SqliteConnection): string[] {
  const table = connection.query("select 1 from sqlite_schema where name = 'kysely_migration'").get()
  if (table === null) return []
  const rows = connection.query<{ name: string }, []>('select name from kysely_migration').all()
  return rows.map(({ name }) => name)
}

async function inspectPostgres(url: string): Promise<InspectedDatabase> {
  const { withPostgresClient } = await import('./postgres-client.ts')
  return withPostgresClient(url, async (client) => {
    const sentAt = Date.now()
    const { rows } = await client.query<{ version: string; now: Date }>(
      "select current_setting('server_version') as version, clock_timestamp() as now",
    )
    const halfWay = (sentAt + Date.now()) / 2
    const made = await client
      .query<{ name: string }>('select name from kysely_migration')
      .catch((error: unknown) => (isMissingTable(error) ? { rows: [] } : Promise.reject(error)))
    return {
      version: `PostgreSQL ${rows[0]?.version}`,
      ...compare(made.rows.map(({ name }) => name)),
      aheadMs: Math.round((rows[0]?.now.getTime() ?? halfWay) - halfWay),
      problems: undefined,
    }
  })
}

function compare(made: readonly string[]): Pick<InspectedDatabase, 'pending' | 'unknown'> {
  return {
    pending: MIGRATION_NAMES.filter((name) => !made.includes(name)),
    unknown: made.filter((name) => !MIGRATION_NAMES.includes(name)),
  }
}
