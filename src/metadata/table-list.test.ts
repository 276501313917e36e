import { Database as SqliteConnection } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseFor, hasPostgres } from '../../test/support/postgres.ts'
import { systemClock } from '../lib/clock.ts'
import { openPostgres } from './postgres.ts'
import { withPostgresClient } from './postgres-client.ts'
import { openSqlite } from './sqlite.ts'
import { NOT_COPIED, TABLES } from './table-list.ts'

const OF_THE_LIBRARY = ['kysely_migration', 'kysely_migration_lock']
const listed = [...TABLES.map(({ name }) => name), ...NOT_COPIED, ...OF_THE_LIBRARY].sort()

let folder = ''
let connection: SqliteConnection
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-tables-'))
  const path = join(folder, 'berth.db')
  await (await openSqlite({ path, clock: systemClock, onBroken: () => undefined })).close()
  connection = new SqliteConnection(path)
}, 30_000)
afterAll(async () => {
  connection.close()
  await rm(folder, { recursive: true, force: true })
})

function columnOf<T>(sql: string, ...parameters: string[]): T[] {
  return connection
    .query(sql)
    .values(...parameters)
    .map(([value]) => value as T)
}

describe('the list of tables', () => {
  test('names every table of the schema', () => {
    const tables = columnOf<string>(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like 'search_words%'",
    )
    expect(tables.sort()).toEqual(listed)
  })

  test('has their primary keys', () => {
    for (const { name, key } of TABLES) {
      const primary = columnOf<string>('select name from pragma_table_info(?) where pk > 0 order by pk', name)
      expect([name, ...key]).toEqual([name, ...primary])
    }
  })

  test('has what is referred to before what refers to it', () => {
    for (const [at, { name }] of TABLES.entries())
      for (const other of columnOf<string>('select distinct "table" from pragma_foreign_key_list(?)', name))
        expect(TABLES.slice(0, at).map((table) => table.name)).toContain(other)
  })

  test('says which of them count up', () => {
    const counted = columnOf<string>("select name from sqlite_schema where sql like '%autoincrement%'")
    expect(
      TABLES.filter((table) => table.counted)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(counted.sort())
  })

  test.skipIf(!hasPostgres)(
    'is that of PostgreSQL too, with the same columns and keys',
    async () => {
      const url = await databaseFor(`tables ${folder}`)
      await (await openPostgres({ url, clock: systemClock })).close()
      await withPostgresClient(url, async (client) => {
        const tables = await client.query(
          `select tablename::text as name from pg_tables where schemaname = current_schema()`,
        )
        expect(tables.rows.map(({ name }) => name).sort()).toEqual(listed)
        for (const { name, key } of TABLES) {
          const columns = await client.query(
            `select attname::text as name from pg_attribute
             where attrelid = $1::text::regclass and attnum > 0 and not attisdropped`,
            [name],
          )
          const there = columns.rows.map((row) => row.name).sort()
          expect([name, ...there]).toEqual([
            name,
            ...columnOf<string>('select name from pragma_table_info(?)', name).sort(),
          ])
          const primary = await client.query(
            `select attname::text as name from pg_index join pg_attribute on attrelid = indrelid
             and attnum = any (indkey) where indrelid = $1::text::regclass and indisprimary
             order by array_position(indkey::int[], attnum::int)`,
            [name],
          )
          expect([name, ...primary.rows.map((row) => row.name)]).toEqual([name, ...key])
        }
      })
    },
    120_000,
  )
})
