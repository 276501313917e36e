import { Database } from 'bun:sqlite'
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { databasePath } from './database-file.ts'

/** By SQLite's own lock on a file made for it: it ends with the process, however that dies. @throws Error when another has it for longer */
export function lockBuilding(data: string, waitMs: number): () => void {
  const connection = new Database(join(data, 'vulnerabilities.lock'), { create: true })
  try {
    connection.run(`pragma busy_timeout = ${waitMs}`)
    connection.run('begin exclusive')
  } catch (error) {
    connection.close()
    throw error
  }
  return () => connection.close()
}

/** Where new data is built, beside that which is there. */
export function temporaryPath(data: string): string {
  return `${databasePath(data)}.${randomBytes(6).toString('hex')}.tmp`
}

/** Takes away what builds left that were killed. Whoever calls has the lock. */
export function removeLeftovers(data: string): void {
  for (const name of leftovers(data)) rmSync(join(data, name), { force: true })
}

/** The same, unless a build is under way; never an error, for nobody waits for it. */
export function tidyAfterBuilds(data: string): void {
  try {
    if (leftovers(data).length === 0) return
    const release = lockBuilding(data, 0)
    try {
      removeLeftovers(data)
    } finally {
      release()
    }
  } catch {
    // A build is under way, or this process may only read: the next one does it.
  }
}

function leftovers(data: string): string[] {
  const start = `${basename(databasePath(data))}.`
  return readdirSync(data).filter((name) => name.startsWith(start) && /\.tmp(?:-journal)?$/.test(name))
}
