import { join, resolve } from 'node:path'
import { createManagement, createOfflineRegistry } from '../app.ts'
import type { By, Management } from '../access/management.ts'
import type { Config } from '../config/schema.ts'
import { OPERATOR } from '../lib/actor.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { openSqlite } from '../metadata/sqlite.ts'
import type { Registry } from '../registry/registry.ts'
import { rememberedKeeping } from '../registry/remembered-keeping.ts'
import { openFilesystemStore } from '../storage/filesystem.ts'
import { processLog } from './serving.ts'
import { requireRegistry } from './usable.ts'

/** A registry's data, worked on beside the server or without one: it notices at its next look. */
export interface Offline {
  readonly data: string
  readonly config: Config
  /** Makes the database when there is none; otherwise a mistyped folder is an error. */
  readonly create?: boolean
}

export const BY_OPERATOR: By = { actor: OPERATOR, principal: undefined }

/** The database of a data folder, for as long as the work takes. @throws Error when there is none */
export async function withDatabase<T>(
  { data, create = false }: Pick<Offline, 'data' | 'create'>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if (!create) requireRegistry(data)
  const path = join(resolve(data), 'berth.db')
  const database = await openSqlite({ path, clock: systemClock, onBroken: () => undefined })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

export async function withManagement<T>(offline: Offline, work: (m: Management) => Promise<T>): Promise<T> {
  const log = processLog(offline.config)
  return withDatabase(offline, (database) => work(createManagement(offline.config, database, systemClock, log)))
}

/** The same with what is stored, for commands that look at images. */
export async function withRegistry<T>(
  offline: Offline,
  work: (registry: Registry, m: Management) => Promise<T>,
): Promise<T> {
  const { config } = offline
  const log = processLog(config)
  const blobs = openFilesystemStore(resolve(offline.data))
  return withDatabase(offline, async (database) => {
    // A command may know nothing of the server's configuration: it keeps things as long as the server does.
    const keeping = await rememberedKeeping(database.reader)
    const { registry, management } = createOfflineRegistry({
      config,
      database,
      blobs,
      clock: systemClock,
      log,
      keeping,
    })
    return work(registry, management)
  })
}
