import { Database } from 'bun:sqlite'

/** Where a SQLite file says how it is written (file format, §1.3): 2 is by a log beside it. */
const WRITE_VERSION = 18
const READ_VERSION = 19
const BY_LOG = 2
const BY_JOURNAL = 1

/** A database that lies in memory and cannot be changed. */
export interface SqliteBytes extends Disposable {
  rows(query: string): IterableIterator<unknown>
}

/** The log beside a file is not there, so it is read as if there were none. @throws Error when it is no database */
export function openSqliteBytes(bytes: Uint8Array): SqliteBytes {
  const copy = bytes.slice()
  for (const at of [WRITE_VERSION, READ_VERSION]) if (copy[at] === BY_LOG) copy[at] = BY_JOURNAL
  const database = Database.deserialize(copy, true)
  return {
    rows: (query) => database.query(query).iterate(),
    [Symbol.dispose]: () => database.close(),
  }
}
