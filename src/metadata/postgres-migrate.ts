import type { Pool } from 'pg'
import { migrate } from './migrate.ts'
import { kyselyOnPostgres } from './postgres-dialect.ts'

/** What SQLite has and the shared queries use. Created before the tables; several servers may start at once. */
const WORDS_OF_SQLITE = `
  create or replace function json_each(list text) returns table (value text)
    language sql immutable strict parallel safe rows 50
    as $$ select jsonb_array_elements_text(list::jsonb) $$;
  create or replace function instr(content text, part text) returns integer
    language sql immutable strict parallel safe as $$ select strpos(content, part) $$;
  create or replace function text_list(list text[]) returns text
    language sql immutable parallel safe as $$ select array_to_json(list)::text $$;
  do $$ begin
    create aggregate json_group_array(text) (
      sfunc = array_append, stype = text[], initcond = '{}', finalfunc = text_list);
  exception when duplicate_function then null;
  end $$`

/** Brings the schema up to date, one server after the other. @throws Error when a newer version wrote it */
export async function migratePostgres(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(`begin; select pg_advisory_xact_lock(4850121); ${WORDS_OF_SQLITE}; commit`)
    await migrate(kyselyOnPostgres(client))
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
