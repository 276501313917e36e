import { join, resolve } from 'node:path'
import { createManagement } from '../app.ts'
import type { By, Management } from '../access/management.ts'
import type { Config } from '../config/schema.ts'
import { OPERATOR } from '../events/recorder.ts'
import { systemClock } from '../lib/clock.ts'
import { openSqlite } from '../metadata/sqlite.ts'
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

export async function withManagement<T>(offline: Offline, work: (m: Management) => Promise<T>): Promise<T> {
  if (offline.create !== true) requireRegistry(offline.data)
  const path = join(resolve(offline.data), 'berth.db')
  const database = await openSqlite({ path, clock: systemClock, onBroken: () => undefined })
  try {
    return await work(createManagement(offline.config, database, systemClock, processLog(offline.config)))
  } finally {
    await database.close()
  }
}
