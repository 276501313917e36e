import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { sql } from 'kysely'
import pg from 'pg'
import { put, valuesOf } from '../../test/contract/support/rows.ts'
import { hasPostgres, type Postgres, startPostgres } from '../../test/support/postgres.ts'
import { untilTrue } from '../../test/e2e/support/until.ts'
import { startTcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database, Transaction } from './db.ts'
import { openPostgres } from './postgres.ts'
import { DatabaseUnavailable } from './postgres-errors.ts'

setDefaultTimeout(120_000)

let server: Postgres
let proxy: TcpProxy
let database: Database
let count = 0

/** Without the writer of the log, nothing of a transaction reaches the disk before its commit does. */
const LAZY_LOG = ['wal_writer_delay=10s', 'wal_writer_flush_after=10000', 'autovacuum=off']

async function inServer<T extends object>(text: string, of = database_()): Promise<T[]> {
  const client = new pg.Client({ connectionString: server.urlOf(of) })
  await client.connect()
  try {
    return (await client.query(text)).rows as T[]
  } finally {
    await client.end()
  }
}

function database_(): string {
  return `berth_${count}`
}

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres(LAZY_LOG)
})
afterAll(() => server?.close())

async function begin(): Promise<void> {
  count++
  await inServer(`create database ${database_()}`, 'postgres')
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
  const url = Object.assign(new URL(server.urlOf(database_())), { host: `127.0.0.1:${proxy.port}` })
  database = await openPostgres({ url: url.href, clock: systemClock })
}

async function end(): Promise<void> {
  await database.close()
  await proxy.close()
}

describe.skipIf(!hasPostgres)('a server that comes and goes', () => {
  beforeEach(begin)
  afterEach(end)

  it('is written to again by itself; what was confirmed is there once, and nothing else twice', async () => {
    await database.write((tx) => put(tx, 'counter', 0))
    const told: string[] = []
    let isOver = false
    const worker = async (name: number) => {
      for (let round = 0; !isOver; round++) {
        const key = `${name}/${round}`
        const done = database.write(async (tx) => {
          await put(tx, key, 1)
          await raise(tx, 'counter')
        })
        await done.then(() => told.push(key)).catch(expectUnavailable)
      }
    }
    const working = Array.from({ length: 4 }, (_, index) => worker(index))
    for (let crash = 0; crash < 3; crash++) {
      const before = told.length
      await untilMore(told, before + 20)
      await server.stop('immediate')
      await Bun.sleep(300)
      await server.start()
    }
    await untilMore(told, told.length + 20)
    isOver = true
    await Promise.all(working)
    const { counter, ...rows } = await valuesOf(database.reader)
    expect(told.filter((key) => rows[key] === undefined)).toEqual([])
    expect(counter).toBe(Object.keys(rows).length)
  })

  it('is read from again by itself, and reads that cannot be answered say so in time', async () => {
    await database.write((tx) => put(tx, 'a', 1))
    await server.stop('fast')
    const startedAt = performance.now()
    await expect(valuesOf(database.reader)).rejects.toBeInstanceOf(DatabaseUnavailable)
    await expect(database.refresh() ?? Promise.resolve()).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(database.away()).toBeInstanceOf(Date)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    await server.start()
    // Nobody waits for a database that is known to be away: whoever asks sets going that it is asked again.
    await untilTrue('the database is heard of again', async () => {
      await Promise.resolve(database.refresh()).catch(() => undefined)
      return database.away() === undefined
    })
    expect(await valuesOf(database.reader)).toEqual({ a: 1 })
  })

  it('tells a writer after a while that it is away, and that nothing was changed', async () => {
    await server.stop('fast')
    const startedAt = performance.now()
    await expect(database.write((tx) => put(tx, 'a', 1))).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    await server.start()
    await database.write((tx) => put(tx, 'b', 1))
    expect(await valuesOf(database.reader)).toEqual({ b: 1 })
  })

  it('may end any single connection', async () => {
    let runs = 0
    await database.write(async (tx) => {
      await put(tx, 'a', 1)
      if (++runs === 1) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx.db)
    })
    expect(runs).toBe(2)
    await inServer(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()
      and datname = current_database()`)
    await database.write((tx) => put(tx, 'b', 1))
    expect(await valuesOf(database.reader)).toEqual({ a: 1, b: 1 })
  })
})

describe.skipIf(!hasPostgres)('a commit', () => {
  beforeEach(begin)
  afterEach(end)

  it('whose answer is lost is found to have gone through, and is not done again', async () => {
    proxy.lose({ match: 'commit\0', loss: 'reply', nth: [1, 3, 4] })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await database.write((tx) => put(tx, name, 1))
    expect(proxy.lost).toBe(3)
    expect(await valuesOf(database.reader)).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 })
  })

  it('that never arrived is found to have been lost, and everything is done again', async () => {
    proxy.lose({ match: 'commit\0', loss: 'message', nth: [1, 3] })
    let runs = 0
    for (const name of ['a', 'b', 'c'])
      await database.write(async (tx) => {
        runs++
        await put(tx, name, 1)
      })
    expect([proxy.lost, runs]).toEqual([2, 5])
    expect(await valuesOf(database.reader)).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('is never taken for that of another transaction which got the same number after a crash', async () => {
    let mine = ''
    let others = ''
    const writing = database.write(async (tx) => {
      await put(tx, 'mine', 1)
      if (mine !== '') return
      mine = await numberOf(tx)
      await server.stop('immediate')
      await server.start()
      const [row] = await inServer<{ id: string }>(`insert into leases values ('other', '', 1)
        returning pg_current_xact_id()::text as id`)
      others = row?.id ?? ''
    })
    const outcome = await writing.then(() => 'written').catch((error: unknown) => error)
    expect(others).toBe(mine)
    const isThere = (await valuesOf(database.reader)).mine === 1
    if (isThere) expect(outcome).toBe('written')
    else expect(outcome).toBeInstanceOf(DatabaseUnavailable)
  })
})

async function numberOf(tx: Transaction): Promise<string> {
  const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(tx.db)
  return rows[0]?.id ?? ''
}

async function raise({ db }: Transaction, name: string): Promise<void> {
  const row = await db.selectFrom('leases').select('expires_at').where('name', '=', name).executeTakeFirstOrThrow()
  await db
    .updateTable('leases')
    .set({ expires_at: row.expires_at + 1 })
    .where('name', '=', name)
    .execute()
}

function expectUnavailable(error: unknown): void {
  if (!(error instanceof DatabaseUnavailable)) throw error
}

/** Within the half minute that a recovery may take. */
async function untilMore(told: readonly string[], wanted: number): Promise<void> {
  const deadline = performance.now() + 30_000
  while (told.length < wanted) {
    if (performance.now() > deadline) throw new Error('nothing was written for half a minute')
    await Bun.sleep(20)
  }
}
