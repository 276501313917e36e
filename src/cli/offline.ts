import type { By, Management } from '../access/management.ts'
import { sealAudit } from '../audit/sealer.ts'
import type { Origins } from '../config/origins.ts'
import type { Config } from '../config/schema.ts'
import type { Contents } from '../contents.ts'
import { OPERATOR } from '../lib/actor.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { type DatabasePlace, openDatabase, requireDatabase } from '../metadata/open.ts'
import type { Registry } from '../registry/registry.ts'
import { rememberedKeeping } from '../registry/remembered-keeping.ts'
import { storeOf } from './store.ts'
import { processLog } from './serving.ts'

/** A registry's data, worked on beside the server or without one: it notices at its next look. */
export interface Offline extends DatabasePlace {
  readonly config: Config
  /** Where that is from. */
  readonly origins?: Origins
  /** Makes the database when there is none; otherwise a mistyped folder is an error. */
  readonly create?: boolean
  /** It will write very much. */
  readonly bulk?: boolean
}

export const BY_OPERATOR: By = { actor: OPERATOR, principal: undefined }

/** A registry's database, for as long as the work takes. @throws Error when there is none */
export async function withDatabase<T>(
  { create = false, bulk = false, ...place }: DatabasePlace & Pick<Offline, 'create' | 'bulk'>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if (!create) requireDatabase(place)
  const database = await openDatabase(place, { clock: systemClock, onBroken: () => undefined, bulk })
  try {
    return await work(database)
  } finally {
    // Without a server nobody else does it for what the command changed; whoever reads does it again where it failed.
    await sealAudit(database).catch(() => undefined)
    await database.close()
  }
}

export async function withManagement<T>(offline: Offline, work: (m: Management) => Promise<T>): Promise<T> {
  const log = processLog(offline.config)
  const { createManagement } = await import('../app.ts')
  return withDatabase(offline, (database) => work(createManagement(offline.config, database, systemClock, log)))
}

/** The same with what is stored, for commands that look at images. */
export async function withRegistry<T>(
  offline: Offline,
  work: (registry: Registry, m: Management, contents: Contents) => Promise<T>,
): Promise<T> {
  // Opening the storage makes its folders.
  if (offline.create !== true) requireDatabase(offline)
  const { config } = offline
  const log = processLog(config)
  const blobs = await storeOf(config)
  return withDatabase(offline, async (database) => {
    // A command may know nothing of the server's configuration: it keeps things as long as the server does.
    const keeping = await rememberedKeeping(database.reader)
    const { createOfflineRegistry } = await import('../app.ts')
    const { registry, management, contents } = createOfflineRegistry({
      config,
      database,
      blobs,
      clock: systemClock,
      log,
      keeping,
    })
    return work(registry, management, contents)
  })
}
