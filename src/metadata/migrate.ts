import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as registry from './migrations/0001-registry.ts'
import * as access from './migrations/0002-access.ts'
import * as lifecycle from './migrations/0003-lifecycle.ts'
import * as replicas from './migrations/0004-replicas.ts'
import type { Schema } from './schema.ts'

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-registry': registry,
  '0002-access': access,
  '0003-lifecycle': lifecycle,
  '0004-replicas': replicas,
}

/** Brings the schema up to date in one transaction. @throws Error when the data was written by a newer version. */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const reason = error instanceof Error ? error.message : String(error)
  throw new Error(`the database could not be brought up to date, and was left as it was: ${reason}`, { cause: error })
}
