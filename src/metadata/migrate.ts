import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as registry from './migrations/0001-registry.ts'
import * as access from './migrations/0002-access.ts'
import * as lifecycle from './migrations/0003-lifecycle.ts'
import * as replicas from './migrations/0004-replicas.ts'
import * as remotes from './migrations/0005-remotes.ts'
import * as replication from './migrations/0006-replication.ts'
import * as adopt from './migrations/0007-adopt.ts'
import * as contents from './migrations/0008-contents.ts'
import * as events from './migrations/0009-events.ts'
import * as search from './migrations/0010-search.ts'
import * as usage from './migrations/0011-usage.ts'
import * as registrySamples from './migrations/0012-registry-samples.ts'
import { isMissingTable } from './postgres-errors.ts'
import type { Schema } from './schema.ts'

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-registry': registry,
  '0002-access': access,
  '0003-lifecycle': lifecycle,
  '0004-replicas': replicas,
  '0005-remotes': remotes,
  '0006-replication': replication,
  '0007-adopt': adopt,
  '0008-contents': contents,
  '0009-events': events,
  '0010-search': search,
  '0011-usage': usage,
  '0012-registry-samples': registrySamples,
}

/** In their order. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS)

/**
 * The oldest schema whose program can serve on what these make, for upgrades in which both do: raised by a migration that
 * takes something away.
 */
const READABLE_BY = '0004-replicas'

/**
 * Brings the schema up to date in one transaction. One that a newer program made is left as it is, when that says that
 * this one can serve on it. @throws Error when it does not
 */
export async function migrate(db: Kysely<Schema>, migrations = MIGRATIONS, readableBy = READABLE_BY): Promise<void> {
  if (await isNewer(db, migrations)) return requireReadable(db, migrations)
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`the database could not be brought up to date, and was left as it was: ${reason}`, { cause: error })
  }
  await sayWhoCanRead(db, readableBy)
}

async function isNewer(db: Kysely<Schema>, migrations: Readonly<Record<string, Migration>>): Promise<boolean> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
    return rows.some(({ name }) => !Object.hasOwn(migrations, name))
  } catch (error) {
    if (isMissingTable(error) || isMissingInSqlite(error)) return false
    throw error
  }
}

const NAME = 'schema'

async function requireReadable(db: Kysely<Schema>, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const row = await db.selectFrom('job_state').select('state').where('name', '=', NAME).executeTakeFirst()
  const readableBy: unknown = row && JSON.parse(row.state).readableBy
  if (typeof readableBy === 'string' && Object.hasOwn(migrations, readableBy)) return
  throw new Error(
    'a newer version of berth has changed this database in a way that this one does not understand: start that version, or restore a backup of before',
  )
}

async function sayWhoCanRead(db: Kysely<Schema>, readableBy: string): Promise<void> {
  const state = JSON.stringify({ readableBy })
  const known = await db.selectFrom('job_state').select('state').where('name', '=', NAME).executeTakeFirst()
  if (known?.state === state) return
  const row = { state, updated_at: Date.now() }
  await db
    .insertInto('job_state')
    .values({ name: NAME, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute()
}

function isMissingInSqlite(error: unknown): boolean {
  return error instanceof Error && error.message.includes('no such table')
}
