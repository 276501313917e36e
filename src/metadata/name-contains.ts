import { sql } from 'kysely'
import type { Executor } from './db.ts'

/** In whatever case: SQLite's `like` minds none of ASCII, PostgreSQL's does. */
export function nameContains({ engine }: Executor, contains: string) {
  const like = sql.raw(engine === 'postgres' ? 'ilike' : 'like')
  return sql<boolean>`name ${like} ${`%${contains.replaceAll(/[!%_]/g, '!$&')}%`} escape '!'`
}
