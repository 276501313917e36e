import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { isMissingTable } from './postgres-errors.ts'
import type { Schema } from './schema.ts'

type Migrations = Readonly<Record<string, () => Promise<Migration>>>

/** Loaded where one is to be made: nearly every start finds them made. */
const MIGRATIONS: Migrations = {
  '0001-registry': () => import('./migrations/0001-registry.ts'),
  '0002-access': () => import('./migrations/0002-access.ts'),
  '0003-lifecycle': () => import('./migrations/0003-lifecycle.ts'),
  '0004-replicas': () => import('./migrations/0004-replicas.ts'),
  '0005-remotes': () => import('./migrations/0005-remotes.ts'),
  '0006-replication': () => import('./migrations/0006-replication.ts'),
  '0007-adopt': () => import('./migrations/0007-adopt.ts'),
  '0008-contents': () => import('./migrations/0008-contents.ts'),
  '0009-events': () => import('./migrations/0009-events.ts'),
  '0010-search': () => import('./migrations/0010-search.ts'),
  '0011-usage': () => import('./migrations/0011-usage.ts'),
  '0012-registry-samples': () => import('./migrations/0012-registry-samples.ts'),
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
  const made = await madeIn(db)
  if (made.some((name) => !Object.hasOwn(migrations, name))) return requireReadable(db, migrations)
  if (made.length < Object.keys(migrations).length) await makeAll(db, migrations)
  await sayWhoCanRead(db, readableBy)
}

async function makeAll(db: Kysely<Schema>, migrations: Migrations): Promise<void> {
  const { Migrator } = await import('kysely/migration')
  const loaded = Object.entries(migrations).map(async ([name, load]) => [name, await load()] as const)
  const getMigrations = async () => Object.fromEntries(await Promise.all(loaded))
  const { error } = await new Migrator({ db, provider: { getMigrations } }).migrateToLatest()
  if (error === undefined) return
  const reason = error instanceof Error ? error.message : String(error)
  throw new Error(`the database could not be brought up to date, and was left as it was: ${reason}`, { cause: error })
}

async function madeIn(db: Kysely<Schema>): Promise<readonly string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
    return rows.map(({ name }) => name)
  } catch (error) {
    if (isMissingTable(error) || isMissingInSqlite(error)) return []
    throw error
  }
}

const NAME = 'schema'

async function requireReadable(db: Kysely<Schema>, migrations: Migrations): Promise<void> {
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
