import { Database as SqliteConnection } from 'bun:sqlite'
import { join, resolve } from 'node:path'
import { CompiledQuery } from 'kysely'
import pg from 'pg'
import type { Clock } from '../../src/lib/clock.ts'
import type { Database } from '../../src/metadata/db.ts'
import { openDatabase } from '../../src/metadata/open.ts'
import { databaseFor, ON_POSTGRES, ownDatabase } from './postgres.ts'

/** As many bytes as the column `content` has, all of them zero. */
export const ZEROS = ON_POSTGRES ? `decode(repeat('00', length(content)), 'hex')` : 'zeroblob(length(content))'

type Parameters = readonly (string | number)[]

/** Rows of one statement, in which `?` stands for each parameter; sorted by their text where it says no order. */
export async function rowsOf<T>({ reader, engine }: Database, sql: string, parameters: Parameters = []): Promise<T[]> {
  const query = CompiledQuery.raw(engine === 'postgres' ? numbered(sql) : sql, [...parameters])
  return sorted(sql, (await reader.run(query, parameters)) as T[])
}

/** The same beside whatever works on a data folder, from a connection of its own; the statement may change something. */
export async function rowsIn<T>(dataDir: string, sql: string, parameters: Parameters = []): Promise<T[]> {
  return sorted(
    sql,
    await (ON_POSTGRES ? askPostgres<T>(dataDir, sql, parameters) : askSqlite<T>(dataDir, sql, parameters)),
  )
}

function askSqlite<T>(dataDir: string, sql: string, parameters: Parameters): T[] {
  const connection = new SqliteConnection(join(dataDir, 'berth.db'))
  try {
    connection.run('pragma busy_timeout = 5000')
    return connection.query<T, (string | number)[]>(sql).all(...parameters)
  } finally {
    connection.close()
  }
}

async function askPostgres<T>(dataDir: string, sql: string, parameters: Parameters): Promise<T[]> {
  const client = new pg.Client({ connectionString: await databaseFor(resolve(dataDir)), types })
  await client.connect()
  try {
    return (await client.query(numbered(sql), [...parameters])).rows as T[]
  } finally {
    await client.end()
  }
}

/** Whole numbers are numbers, as SQLite gives them. */
const types = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    id === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(id, format),
} as pg.CustomTypesConfig

function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}

function sorted<T>(sql: string, rows: T[]): T[] {
  if (/\border by\b/i.test(sql)) return rows
  const byText = rows.map((row) => [JSON.stringify(row), row] as const)
  return byText.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row)
}

/** The database of a data folder, as another process would open it. */
export async function openBeside(data: string, clock: Clock): Promise<Database> {
  return openDatabase({ data, ...(await ownDatabase(data)) }, { clock, onBroken: () => undefined })
}
