import { Database as SqliteConnection } from 'bun:sqlite'
import { describe, expect, it } from 'bun:test'
import { sql } from 'kysely'
import { migrate } from './migrate.ts'
import { kyselyOn } from './sqlite-dialect.ts'

function opened() {
  return kyselyOn(new SqliteConnection(':memory:', { strict: true }))
}

async function addNewerMigration(db: ReturnType<typeof opened>): Promise<void> {
  await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01')`.execute(db)
}

describe('a schema that a newer program made', () => {
  it('is left as it is when it says that this program can serve on it', async () => {
    const db = opened()
    await migrate(db)
    await addNewerMigration(db)
    await migrate(db)
    const names = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
    expect(names.rows.at(-1)?.name).toBe('9999-later')
  })

  it('is refused when it says that only a later one can', async () => {
    const db = opened()
    await migrate(db)
    await addNewerMigration(db)
    await sql`update job_state set state = '{"readableBy":"9999-later"}' where name = 'schema'`.execute(db)
    await expect(migrate(db)).rejects.toThrow('start that version')
  })

  it('is refused when it says nothing', async () => {
    const db = opened()
    await migrate(db)
    await addNewerMigration(db)
    await sql`delete from job_state`.execute(db)
    await expect(migrate(db)).rejects.toThrow('start that version')
  })
})
