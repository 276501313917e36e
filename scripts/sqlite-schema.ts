import { Database as SqliteConnection } from 'bun:sqlite'
import { migrate } from '../src/metadata/migrate.ts'
import { kyselyOn } from '../src/metadata/sqlite-dialect.ts'

export const SQLITE_SCHEMA_FILE = 'src/metadata/sqlite-schema.ts'

/** Of columns that say when. */
const TIMES: Readonly<Record<string, string>> = {
  timestamp: "strftime('%Y-%m-%dT%H:%M:%fZ')",
  updated_at: "cast(unixepoch('subsec') * 1000 as integer)",
}

/** What the migrations make of an empty database, as one text. */
export async function sqliteSchema(): Promise<string> {
  const connection = new SqliteConnection(':memory:', { strict: true })
  await migrate(kyselyOn(connection))
  const statements = [...objectsOf(connection), ...rowsOf(connection)].map((statement) => `${statement};`)
  return `// Made by \`npm run docs\`; not to be changed by hand.
export const SQLITE_SCHEMA = \`
${statements.join('\n').replace(/[\\`]|\$\{/g, '\\$&')}
\`
`
}

/** The full text search makes the tables of its index itself. */
const OWN_TABLES = "select name from pragma_table_list where schema = 'main' and type = 'shadow'"

function objectsOf(connection: SqliteConnection): string[] {
  return connection
    .query<{ sql: string }, []>(
      `select sql from sqlite_master
       where sql is not null and name not like 'sqlite!_%' escape '!' and tbl_name not in (${OWN_TABLES})
       order by rowid`,
    )
    .all()
    .map(({ sql }) => sql)
}

function rowsOf(connection: SqliteConnection): string[] {
  const tables = connection
    .query<{ name: string }, []>(
      `select name from pragma_table_list
       where schema = 'main' and type = 'table' and name not like 'sqlite!_%' escape '!' order by name`,
    )
    .all()
  return tables.flatMap(({ name }) =>
    connection
      .query<Record<string, string | number>, []>(`select * from ${name} order by 1`)
      .all()
      .map((row) => `insert into ${name} values (${Object.entries(row).map(literal).join(', ')})`),
  )
}

function literal([column, value]: [string, string | number]): string {
  return TIMES[column] ?? (typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value))
}
