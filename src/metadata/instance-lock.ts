import { Database as SqliteConnection } from 'bun:sqlite'

/**
 * Keeps a second server off a data folder. The lock is SQLite's own, on a file made for it, so that it ends with the
 * process however that dies. @throws Error when another process has it
 */
export function lockInstance(path: string): { release(): void } {
  const connection = new SqliteConnection(path, { create: true })
  try {
    connection.run('pragma busy_timeout = 0')
    connection.run('begin exclusive')
  } catch (cause) {
    connection.close()
    throw new Error(`another berth server is using this data folder (${path} is locked)`, { cause })
  }
  return { release: () => connection.close() }
}
