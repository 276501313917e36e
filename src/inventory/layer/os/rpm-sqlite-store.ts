import { z } from 'zod'
import { openSqliteBytes } from '../../../lib/sqlite-bytes.ts'

const table = z.object({ type: z.literal('table'), sql: z.string().max(1024) })
/** What rpm makes. A view, or a column that is computed, could go on for ever. */
const EXPECTED =
  /^create table ["']?Packages["']? ?\(\s*hnum integer primary key autoincrement,\s*blob blob not null\s*\)$/i
const row = z.object({ blob: z.instanceof(Uint8Array) })

/** The header of each package; `bad` for what is none. @throws Error when it is no such database */
export function* sqliteHeaders(file: Uint8Array): Generator<Uint8Array | 'bad'> {
  using database = openSqliteBytes(file)
  const [found] = database.rows("select type, sql from sqlite_schema where name = 'Packages'")
  const schema = table.safeParse(found)
  if (!schema.success || !EXPECTED.test(schema.data.sql)) throw new Error('it has no table of packages as rpm makes it')
  for (const each of database.rows('select blob from Packages')) {
    const read = row.safeParse(each)
    yield read.success ? read.data.blob : 'bad'
  }
}
