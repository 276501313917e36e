import pg from 'pg'
import type { Clock } from '../lib/clock.ts'
import { Turns } from '../lib/turns.ts'
import type { Database, Executor, Transaction } from './db.ts'
import { type Opener, orMoved } from './move-state.ts'
import { executorOnPostgres } from './postgres-dialect.ts'
import { isOutage, openingProblem } from './postgres-errors.ts'
import { Freshness, type Look } from './postgres-freshness.ts'
import { migratePostgres } from './postgres-migrate.ts'
import { type Durability, Transactions, unavailable } from './postgres-transactions.ts'
import type { Waits } from './waits.ts'

interface PostgresOptions {
  readonly url: string
  readonly clock: Clock
  /** How long requests are answered from memory while the database cannot be reached. */
  readonly outageMs?: number
  /** The replica that this process is of. */
  readonly self?: string
  readonly opener?: Opener
}

const DEFAULT_POOL = 10
const CONNECT_TIMEOUT_MS = 3_000
/** A connection that is cut off without a word would hang for minutes. */
const READ_TIMEOUT_MS = 10_000
/** Above what the server itself allows a statement. */
const WRITE_TIMEOUT_MS = 25_000
const LOOK_TIMEOUT_MS = 2_000
/** Servers say that they are there once a second. */
const SAY_AGAIN_MS = 2_000
const LISTEN_MS = 100

const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.NUMERIC, Number],
])
/** Whole numbers are numbers: ours all fit. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') => parsers.get(id) ?? pg.types.getTypeParser(id, format),
} as pg.CustomTypesConfig

/**
 * PostgreSQL 14 or newer, for any number of processes at once. Reads are single statements on a pool; writes are
 * serializable transactions on another, so that writers who wait for each other keep nobody from reading.
 * @throws DatabaseUnavailable
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { connectionString, size } = splitPoolSize(options.url)
  const open = (timeoutMs: number) => new Connections({ connectionString, size, timeoutMs })
  const readers = open(READ_TIMEOUT_MS)
  const writers = open(WRITE_TIMEOUT_MS)
  const database = new PostgresDatabase({ ...options, readers, writers, size })
  try {
    await requireUtf8(writers.pool)
    await migratePostgres(writers.pool)
    await database.refresh()
    return database
  } catch (error) {
    await database.close()
    throw isOutage(error) ? unavailable(error) : (openingProblem(error) ?? error)
  }
}

/** In any other encoding a manifest with a letter that it does not have could not be stored. */
async function requireUtf8(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ server_encoding: string }>('show server_encoding')
  const encoding = rows[0]?.server_encoding
  if (encoding !== 'UTF8')
    throw new Error(
      `the database has the encoding ${encoding}, and names and annotations need UTF8; make another: create database NAME encoding 'UTF8' template template0`,
    )
}

/** `?pool=20` is ours: connections of each of the two pools. */
export function splitPoolSize(url: string): { connectionString: string; size: number } {
  const parsed = new URL(url)
  const given = parsed.searchParams.get('pool')
  parsed.searchParams.delete('pool')
  const size = given === null ? DEFAULT_POOL : Number(given)
  if (!Number.isInteger(size) || size < 1 || size > 1000)
    throw new Error(`database: pool=${given} is not a number of connections, 1 to 1000`)
  return { connectionString: parsed.href, size }
}

interface ConnectionOptions {
  readonly connectionString: string
  readonly size: number
  readonly timeoutMs: number
}

/** A pool, or the one after it: connections of before an outage may hang until long after its end. */
class Connections {
  readonly #options: ConnectionOptions
  #pool: pg.Pool

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#pool = this.#open()
  }

  get pool(): pg.Pool {
    return this.#pool
  }

  renew(): void {
    const old = this.#pool
    this.#pool = this.#open()
    void old.end().catch(() => undefined)
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  #open(): pg.Pool {
    const { connectionString, size, timeoutMs } = this.#options
    const pool = new pg.Pool({
      ...{ connectionString, max: size, types, query_timeout: timeoutMs },
      ...{ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true, application_name: 'berth' },
    })
    // Without a listener a connection that breaks while it is idle would end the process; whoever needs one is told.
    pool.on('error', () => undefined)
    // So would one that breaks while it is used; its query fails, and that is how its user learns of it.
    pool.on('connect', (client) => client.on('error', () => undefined))
    return pool
  }
}

interface Parts extends PostgresOptions {
  readonly readers: Connections
  readonly writers: Connections
  readonly size: number
}

class PostgresDatabase implements Database {
  readonly engine = 'postgres'
  readonly reader: Executor
  readonly #readers: Connections
  readonly #writers: Connections
  readonly #transactions: Transactions
  readonly #freshness: Freshness
  readonly #clock: Clock
  readonly #outageMs: number
  readonly #self: string
  readonly #turns = new Turns<string>()

  constructor({ readers, writers, size, clock, outageMs = 0, self = '', opener = {} }: Parts) {
    this.#clock = clock
    this.#outageMs = outageMs
    this.#self = self
    this.#readers = readers
    this.#writers = writers
    this.#transactions = new Transactions(() => writers.pool, { clock, atOnce: size, opener })
    const query = (sql: string, values: unknown[]) => orUnavailable(readers.pool.query(sql, values))
    this.reader = executorOnPostgres({ query } as Pick<pg.Pool, 'query'>)
    this.#freshness = new Freshness({
      look: () => this.#look(),
      graceMs: outageMs,
      onClockOffset: (ms) => clock.adjust?.(ms),
      onAway: () => {
        readers.renew()
        writers.renew()
      },
    })
  }

  write<T>(work: (tx: Transaction) => Promise<T>, turn?: string): Promise<T> {
    const change = () => this.#change(work, 'durable')
    return turn === undefined ? change() : this.#turns.run(turn, change)
  }

  writeRelaxed<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#change(work, 'relaxed')
  }

  writeQuietly<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transactions.run(work, 'relaxed')
  }

  async writeAccess<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = await this.#change(work, 'durable')
    await this.refresh()
    await this.#untilOthersKnow(this.accessVersion())
    return result
  }

  /**
   * A server that is cut off from the database answers from memory for `outageMs`: whoever is told that a right is gone
   * must be able to rely on it, so this waits until each has heard of it or has been silent for that long.
   */
  async #untilOthersKnow(accessVersion: number): Promise<void> {
    const deadline = performance.now() + this.#outageMs + SAY_AGAIN_MS
    while (performance.now() < deadline && (await this.#isUnknownToAny(accessVersion)))
      await this.#clock.sleep(LISTEN_MS)
  }

  async #isUnknownToAny(accessVersion: number): Promise<boolean> {
    const since = this.#clock.now().getTime() - this.#outageMs - SAY_AGAIN_MS
    const row = await this.reader.db
      .selectFrom('replicas')
      .select('id')
      .where('id', '!=', this.#self)
      .where('seen_at', '>', since)
      .where('access_version', '<', accessVersion)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  }

  get waits(): Waits {
    return this.#transactions.waits
  }

  refresh(): Promise<void> {
    return this.#freshness.refresh()
  }

  away(): Date | undefined {
    return this.#freshness.away()
  }

  version(): number {
    return this.#freshness.version
  }

  accessVersion(): number {
    return this.#freshness.accessVersion
  }

  async probe(): Promise<void> {
    await orMoved(
      this.write(async ({ db }) => {
        await db.updateTable('repositories').set({ created_at: 0 }).where('id', '=', -1).execute()
      }),
    )
  }

  /** The engine keeps its own promises here; nothing of ours could look into its files. */
  async integrityErrors(): Promise<string[]> {
    return []
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.close(), this.#writers.close()])
  }

  async #change<T>(work: (tx: Transaction) => Promise<T>, durability: Durability): Promise<T> {
    const result = await this.#transactions.run(work, durability)
    this.#freshness.changed()
    return result
  }

  async #look(): Promise<Look> {
    const { rows } = await this.#readers.pool.query({ text: LOOK, query_timeout: LOOK_TIMEOUT_MS } as pg.QueryConfig)
    const [row] = rows as [{ snapshot: string; access_version: number; now: number }]
    return { snapshot: row.snapshot, accessVersion: row.access_version, now: row.now }
  }
}

/** What was read under a snapshot is what would be read now, as long as the snapshot is the same. */
const LOOK = `select pg_current_snapshot()::text as snapshot, (select version from access_state) as access_version,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as now`

async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw isOutage(error) ? unavailable(error) : error
  }
}
