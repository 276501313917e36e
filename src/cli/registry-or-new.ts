import { resolve } from 'node:path'
import { Problem } from '../lib/problem.ts'
import { requireDatabase } from '../metadata/open.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import type { Offline } from './offline.ts'

/** For commands that bring images here: a mistyped folder is an error, unless a new registry was asked for. @throws Problem */
export function registryOrNew(offline: Offline, create = false): Offline {
  if (create) {
    if (offline.database === undefined) ensureFolder(resolve(offline.data))
    return { ...offline, create }
  }
  try {
    requireDatabase(offline)
    return offline
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Problem('not-found', `${reason}; to begin a new one there, say --create`)
  }
}
