import { Database as SqliteConnection } from 'bun:sqlite'
import { expect, it } from 'bun:test'
import { readFileSync } from 'node:fs'
import { SQLITE_SCHEMA_FILE, sqliteSchema } from '../../scripts/sqlite-schema.ts'
import { migrate } from './migrate.ts'
import { kyselyOn } from './sqlite-dialect.ts'
import { SQLITE_SCHEMA } from './sqlite-schema.ts'

function contentOf(connection: SqliteConnection): unknown {
  const objects = connection.query('select type, name, tbl_name, sql from sqlite_master order by type, name').all()
  const tables = connection
    .query<{ name: string }, []>("select name from pragma_table_list where schema = 'main' and type = 'table'")
    .all()
  const rows = tables
    .map(({ name }) => name)
    .filter((name) => !['kysely_migration', 'job_state', 'sqlite_schema'].includes(name))
    .map((name) => [name, connection.query(`select * from ${name}`).all()])
  const made = connection.query('select name from kysely_migration order by timestamp, name').all()
  return { objects, rows: rows.sort(), made, state: connection.query('select name, state from job_state').all() }
}

it('is what the migrations make (npm run docs)', async () => {
  expect(readFileSync(SQLITE_SCHEMA_FILE, 'utf8')).toBe(await sqliteSchema())
  const migrated = new SqliteConnection(':memory:', { strict: true })
  await migrate(kyselyOn(migrated))
  const made = new SqliteConnection(':memory:', { strict: true })
  made.run(SQLITE_SCHEMA)
  expect(contentOf(made)).toEqual(contentOf(migrated))
})

it('is a schema that is up to date', async () => {
  const made = new SqliteConnection(':memory:', { strict: true })
  made.run(SQLITE_SCHEMA)
  const before = made.query('select total_changes() as changes').get()
  await migrate(kyselyOn(made), {
    ...Object.fromEntries(
      made
        .query<{ name: string }, []>('select name from kysely_migration')
        .all()
        .map(({ name }) => [name, () => Promise.reject(new Error(`${name} is made again`))]),
    ),
  })
  expect(made.query('select total_changes() as changes').get()).toEqual(before)
})
