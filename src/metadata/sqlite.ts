import { Database as SqliteConnection, type SQLQueryBindings } from 'bun:sqlite'
import { closeSync, existsSync, fdatasync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../lib/clock.ts'
import { coalesce } from '../lib/coalesce.ts'
import { failpoint } from '../lib/failpoint.ts'
import { openSharedCounter, type SharedCounter } from '../lib/shared-counter.ts'
import { CHECKPOINT_PAGES, Checkpoints } from './checkpoints.ts'
import type { Database, Executor, Transaction } from './db.ts'
import { migrate } from './migrate.ts'
import { MOVE_STATE, type Opener, orMoved, whyClosed } from './move-state.ts'
import { kyselyOn } from './sqlite-dialect.ts'
import { Waits } from './waits.ts'

const syncData = promisify(fdatasync)

/** Of a process that writes very much: the pages of the indexes that it meets again, and fewer checkpoints. */
const BULK = { cacheKibibytes: 128 * 1024, checkpointPages: 2 * CHECKPOINT_PAGES }

/** How long a transaction waits for other processes on the same file before it gives up. */
const BUSY_DEADLINE_MS = 10_000

interface SqliteOptions {
  readonly path: string
  readonly clock: Clock
  /** Called once when a write could not be made durable: nothing more can be promised, so the process should end. */
  readonly onBroken: (error: Error) => void
  /** For processes that serve: checkpoints run on a thread of their own instead of in commits. */
  readonly checkpointThread?: boolean
  /** For a process that writes very much beside one that serves. */
  readonly bulk?: boolean
  /** Pages of the log after which its content is moved into the database file. */
  readonly checkpointPages?: number
  readonly opener?: Opener
}

/**
 * SQLite in WAL mode: one connection writes, another reads. A commit only appends to the log, without an fsync on this
 * thread; a durable write then syncs the log in the thread pool, and everybody who waits shares that sync. The promise
 * is the one of `synchronous=FULL`, the event loop never waits for the disk (docs/adr/0001).
 */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const { bulk = false, checkpointThread = bulk } = options
  const { checkpointPages = bulk ? BULK.checkpointPages : CHECKPOINT_PAGES } = options
  const writer = openConnection(options.path)
  if (bulk) writer.run(`pragma cache_size = -${BULK.cacheKibibytes}`)
  writer.run(`pragma wal_autocheckpoint = ${checkpointPages}`)
  if (isEmpty(writer)) await makeSchema(writer)
  await migrate(kyselyOn(writer))
  writer.run('pragma busy_timeout = 0')
  // Migrating made the log; its entry in the folder must survive a power cut like its content.
  syncFolder(dirname(options.path))
  const reader = openConnection(options.path)
  reader.run('pragma query_only = on')
  const commits = openSharedCounter(`${options.path}-commits`)
  const accessChanges = openSharedCounter(`${options.path}-access`)
  return new SqliteDatabase({
    writer,
    reader,
    log: openSync(`${options.path}-wal`, 'r'),
    commits,
    accessChanges,
    checkpointPages: checkpointThread ? checkpointPages : undefined,
    ...{ path: options.path, clock: options.clock, onBroken: options.onBroken, opener: options.opener ?? {} },
  })
}

export function databaseExists(path: string): boolean {
  return existsSync(path)
}

/** Of each connection; the 20 that Bun keeps are fewer than a push of a manifest needs, which then prepared them anew. */
SqliteConnection.MAX_QUERY_CACHE_SIZE = 250

function openConnection(path: string): SqliteConnection {
  const connection = new SqliteConnection(path, { create: true, strict: true })
  connection.run('pragma busy_timeout = 5000')
  connection.run('pragma journal_mode = wal')
  connection.run('pragma synchronous = normal')
  connection.run('pragma foreign_keys = on')
  connection.run('pragma temp_store = memory')
  return connection
}

function isEmpty(connection: SqliteConnection): boolean {
  return connection.query('select 1 from sqlite_master limit 1').get() === null
}

/** What all migrations would make, which takes a tenth of their time. */
async function makeSchema(connection: SqliteConnection): Promise<void> {
  const { SQLITE_SCHEMA } = await import('./sqlite-schema.ts')
  connection
    .transaction(() => {
      // Another process may have been quicker.
      if (isEmpty(connection)) connection.run(SQLITE_SCHEMA)
    })
    .immediate()
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

export function executorOn(connection: SqliteConnection): Executor {
  return {
    engine: 'sqlite',
    db: kyselyOn(connection),
    run: async ({ sql }, parameters) => connection.query(sql).all(...(parameters as SQLQueryBindings[])),
  }
}

export function integrityErrorsOf(connection: SqliteConnection): string[] {
  const rows = connection.query<{ integrity_check: string }, []>('pragma integrity_check').all()
  const foreign = connection.query<{ table: string }, []>('pragma foreign_key_check').all()
  return [
    ...rows.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...foreign.map((row) => `a row of ${row.table} refers to a row that is not there`),
  ]
}

interface Parts {
  readonly path: string
  readonly writer: SqliteConnection
  readonly reader: SqliteConnection
  /** A descriptor of the write-ahead log. Closing it drops no lock: SQLite keeps its locks on the other two files. */
  readonly log: number
  /** Raised by every process after each of its commits. */
  readonly commits: SharedCounter
  /** Raised by every process around each change of who may do what. */
  readonly accessChanges: SharedCounter
  /** Where checkpoints have a thread: pages after which one is due. */
  readonly checkpointPages: number | undefined
  readonly clock: Clock
  readonly onBroken: (error: Error) => void
  readonly opener: Opener
}

class SqliteDatabase implements Database {
  readonly engine = 'sqlite'
  readonly reader: Executor
  readonly waits = new Waits()
  readonly #parts: Parts
  readonly #transaction: Transaction
  readonly #syncLog: () => Promise<void>
  readonly #checkpoints: Checkpoints | undefined
  #queue: Promise<unknown> = Promise.resolve()
  readonly #durable = new Set<Promise<unknown>>()
  #broken: Error | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.reader = executorOn(parts.reader)
    this.#transaction = executorOn(parts.writer)
    this.#syncLog = coalesce(() => this.#sync())
    const { path, writer, checkpointPages: pages } = parts
    const onSyncFailed = (cause: Error) => void this.#break(cause)
    if (pages !== undefined) this.#checkpoints = new Checkpoints({ path, writer, pages, onSyncFailed })
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#untilDone(async () => {
      const result = await this.writeRelaxed(work)
      await this.#syncLog()
      failpoint('metadata.after-sync')
      return result
    })
  }

  /** So that closing waits for the sync, too. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    const done = work()
    const settled = done.catch(() => undefined)
    this.#durable.add(settled)
    try {
      return await done
    } finally {
      this.#durable.delete(settled)
    }
  }

  writeRelaxed<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#inTurn(work, () => this.#parts.commits.increment())
  }

  writeQuietly<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#inTurn(work)
  }

  /** Raised before as well: whoever looks between the commit and the end of it looks again. */
  async writeAccess<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { accessChanges, commits } = this.#parts
    const result = await this.#inTurn(
      async (tx) => {
        const value = await work(tx)
        accessChanges.increment()
        return value
      },
      () => {
        commits.increment()
        accessChanges.increment()
      },
    )
    await this.#syncLog()
    return result
  }

  accessVersion(): number {
    return this.#parts.accessChanges.read()
  }

  /** Without `committed` it is a quiet write: nobody was promised it, and no failpoint is about it. */
  #inTurn<T>(work: (tx: Transaction) => Promise<T>, committed?: () => void): Promise<T> {
    const since = this.waits.begin()
    const turn = this.#queue.then(() => {
      this.waits.end(since)
      return this.#transact(work, committed)
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  /** The counters are shared memory: always up to date. */
  refresh(): undefined {
    return undefined
  }

  away(): undefined {
    return undefined
  }

  version(): number {
    return this.#parts.commits.read()
  }

  async probe(): Promise<void> {
    await orMoved(
      this.write(async ({ db }) => {
        await db.updateTable('repositories').set({ id: 0 }).where('id', '=', -1).execute()
      }),
    )
  }

  async integrityErrors(): Promise<string[]> {
    return integrityErrorsOf(this.#parts.reader)
  }

  async close(): Promise<void> {
    await this.#queue
    await Promise.all(this.#durable)
    await this.#checkpoints?.close()
    closeSync(this.#parts.log)
    this.#parts.reader.close()
    this.#parts.writer.close()
  }

  async #transact<T>(work: (tx: Transaction) => Promise<T>, committed?: () => void): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken
    await this.#begin()
    try {
      this.#requireOpen()
      const result = await work(this.#transaction)
      if (committed !== undefined) failpoint('metadata.before-commit')
      this.#parts.writer.run('commit')
      committed?.()
      if (committed !== undefined) failpoint('metadata.after-commit')
      this.#checkpoints?.committed()
      return result
    } catch (error) {
      if (this.#parts.writer.inTransaction) this.#parts.writer.run('rollback')
      throw error
    }
  }

  /** @throws RegistryMoved when what is changed here would count nowhere */
  #requireOpen(): void {
    const row = this.#parts.writer
      .query<{ state: string }, [string]>('select state from job_state where name = ?')
      .get(MOVE_STATE)
    const why = row === null ? undefined : whyClosed(row.state, this.#parts.opener)
    if (why !== undefined) throw why
  }

  /** Asks again instead of blocking the event loop while another process writes. */
  async #begin(): Promise<void> {
    const deadline = this.#parts.clock.now().getTime() + BUSY_DEADLINE_MS
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 20)) {
      try {
        this.#parts.writer.run('begin immediate')
        return
      } catch (error) {
        if (!isBusy(error) || this.#parts.clock.now().getTime() > deadline) throw error
        await this.#parts.clock.sleep(waitMs)
      }
    }
  }

  /** After a failed fsync nobody knows what is on the disk, and asking again would lie: no more writes. */
  async #sync(): Promise<void> {
    // The kernel reports a failure once and forgets the pages: the next sync would succeed without them.
    if (this.#broken !== undefined) throw this.#broken
    try {
      failpoint('metadata.sync')
      await syncData(this.#parts.log)
    } catch (cause) {
      throw this.#break(cause)
    }
  }

  #break(cause: unknown): Error {
    if (this.#broken !== undefined) return this.#broken
    this.#broken = new Error('the database could not be written to disk; restart when the disk is well', { cause })
    this.#parts.onBroken(this.#broken)
    return this.#broken
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}
