import { Database as SqliteConnection } from 'bun:sqlite'
import { closeSync, existsSync, openSync } from 'node:fs'
import { systemClock } from '../lib/clock.ts'
import type { Filling, LastReading, MoveSource, MoveTarget, Reading } from './move-ends.ts'
import { MOVE_STATE, type MoveState } from './move-state.ts'
import { hasDatabaseParts, installDatabase, removeCounters, removeDatabase, syncPath } from './snapshot.ts'
import { executorOn, integrityErrorsOf, openSqlite } from './sqlite.ts'
import { SqliteTables } from './tables-sqlite.ts'

/** How long to wait for a writer. */
const BUSY_MS = 30_000

function connect(path: string): SqliteConnection {
  const connection = new SqliteConnection(path, { readwrite: true, create: false, strict: true })
  connection.run(`pragma busy_timeout = ${BUSY_MS}`)
  connection.run('pragma synchronous = full')
  return connection
}

async function inTransaction<T>(
  path: string,
  begin: 'begin' | 'begin immediate',
  work: (connection: SqliteConnection) => Promise<T>,
): Promise<T> {
  const connection = connect(path)
  try {
    connection.run(begin)
    return await work(connection)
  } finally {
    if (connection.inTransaction) connection.run('rollback')
    connection.close()
  }
}

export class SqliteSource implements MoveSource {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  withSnapshot<T>(work: (reading: Reading) => Promise<T>): Promise<T> {
    return inTransaction(this.#path, 'begin', (connection) => work(readingOn(connection)))
  }

  withLock<T>(work: (reading: LastReading) => Promise<T>): Promise<T> {
    return inTransaction(this.#path, 'begin immediate', (connection) => {
      const close = async (state: MoveState) => {
        writeState(connection, state)
        connection.run('commit')
      }
      return work({ ...readingOn(connection), close })
    })
  }

  async end(): Promise<void> {
    // Nothing is open between two readings.
  }
}

function readingOn(connection: SqliteConnection): Reading {
  return { tables: new SqliteTables(connection), executor: executorOn(connection) }
}

/** Another file until the end, which then gets its name: nobody can open half a registry. */
export class SqliteTarget implements MoveTarget {
  readonly #path: string
  readonly #making: string

  constructor(path: string) {
    this.#path = path
    this.#making = `${path}.moving`
  }

  async begun(): Promise<MoveState | undefined> {
    const there = existsSync(this.#path) ? readStateOf(this.#path) : undefined
    if (there?.state === 'arriving') return there
    if (hasDatabaseParts(this.#path))
      throw new Error(`there is a database in the folder to move to already (${this.#path}); give another folder`)
    return existsSync(this.#making) ? readStateOf(this.#making) : undefined
  }

  /** One that was broken off on its way has no state, or is no database. */
  async isFilled({ id }: MoveState): Promise<boolean> {
    const making = existsSync(this.#making) ? readStateOf(this.#making) : undefined
    const made = existsSync(this.#path) ? readStateOf(this.#path) : undefined
    return making?.id === id || made?.id === id
  }

  /** One that is made has no name of its own before its end. One that was made, and is to be made anew, takes no changes. */
  async claim(state: MoveState): Promise<void> {
    if (existsSync(this.#path)) reopenSqlite(this.#path, state)
  }

  async fill(work: (filling: Filling) => Promise<void>): Promise<void> {
    await fillNew(this.#making, work)
  }

  async open(state: MoveState): Promise<readonly string[]> {
    if (!existsSync(this.#making)) return []
    reopenSqlite(this.#making, state)
    removeDatabase(this.#path)
    installDatabase(this.#making, this.#path)
    return []
  }

  async end(): Promise<void> {
    // Nothing is open between two steps.
  }
}

/** Makes a database file with the schema and fills it; it is whole and on the disk, or not there. */
export async function fillNew(path: string, work: (filling: Filling) => Promise<void>): Promise<void> {
  removeDatabase(path)
  // SQLite takes an empty file that is there, with its mode: nobody else may read keys and hashes.
  closeSync(openSync(path, 'wx', 0o600))
  const options = { path, clock: systemClock, onBroken: () => undefined }
  await (await openSqlite(options)).close()
  const connection = connect(path)
  try {
    // What is broken off is made anew, so nothing needs to be taken back, or to be on the disk before the end.
    // Out of the log first, so that the file is all there is.
    connection.run('pragma journal_mode = delete')
    connection.run('pragma journal_mode = memory')
    connection.run('pragma synchronous = off')
    connection.run('pragma foreign_keys = off')
    connection.run('begin')
    await work({
      tables: new SqliteTables(connection),
      executor: executorOn(connection),
      settle: async () => requireSound(connection),
      commit: async (state) => {
        if (state !== undefined) writeState(connection, state)
        connection.run('commit')
        syncPath(path)
      },
    })
    if (connection.inTransaction) throw new Error('the database that is made was not committed')
  } catch (error) {
    connection.close()
    removeDatabase(path)
    throw error
  }
  connection.close()
  // A file by itself, until a server opens it.
  removeCounters(path)
}

function requireSound(connection: SqliteConnection): void {
  const [problem] = integrityErrorsOf(connection)
  if (problem !== undefined) throw new Error(`the copy is not sound: ${problem}`)
}

export function reopenSqlite(path: string, state: MoveState | undefined): void {
  const connection = connect(path)
  try {
    if (state === undefined) connection.query('delete from job_state where name = ?').run(MOVE_STATE)
    else writeState(connection, state)
  } finally {
    connection.close()
  }
}

function readStateOf(path: string): MoveState | undefined {
  try {
    const connection = new SqliteConnection(path, { readonly: true, strict: true })
    try {
      const row = connection
        .query<{ state: string }, [string]>('select state from job_state where name = ?')
        .get(MOVE_STATE)
      return row === null ? undefined : JSON.parse(row.state)
    } finally {
      connection.close()
    }
  } catch {
    return undefined
  }
}

function writeState(connection: SqliteConnection, state: MoveState): void {
  connection
    .query(
      `insert into job_state (name, state, updated_at) values (?, ?, ?)
       on conflict (name) do update set state = excluded.state, updated_at = excluded.updated_at`,
    )
    .run(MOVE_STATE, JSON.stringify(state), Date.parse(state.at))
}
