import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import type { Database } from '../../src/metadata/db.ts'
import { openDatabase } from '../../src/metadata/open.ts'
import { hasPgbouncer, type Pgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { databaseFor, hasPostgres, sharedPostgres } from '../support/postgres.ts'
import { describeDatabase, type OpenedDatabase } from './database.ts'

async function openIn(at: (folder: string) => Promise<{ database?: string }>): Promise<OpenedDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-database-'))
  const place = { data: folder, ...(await at(folder)) }
  const all: Database[] = []
  const open = async () => {
    const database = await openDatabase(place, { clock: systemClock, onBroken: () => undefined })
    all.push(database)
    return database
  }
  return {
    database: await open(),
    beside: open,
    close: async () => {
      await Promise.all(all.map((each) => each.close().catch(() => undefined)))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

describeDatabase('SQLite', () => openIn(async () => ({})))
if (hasPostgres)
  describeDatabase('PostgreSQL', () => openIn(async (folder) => ({ database: await databaseFor(folder) })))

let pooler: Pgbouncer | undefined
afterAll(() => pooler?.close())

async function throughPooler(folder: string): Promise<{ database: string }> {
  pooler ??= await startPgbouncer((await sharedPostgres()).url)
  return { database: pooler.urlOf(await databaseFor(folder)) }
}

if (hasPostgres && hasPgbouncer) {
  describeDatabase('PostgreSQL behind PgBouncer', () => openIn(throughPooler))

  test('a registry on PostgreSQL behind PgBouncer is a registry', async () => {
    pooler ??= await startPgbouncer((await sharedPostgres()).url)
    const env = {
      ...process.env,
      BERTH_TEST_DATABASE: 'postgres',
      BERTH_TEST_POSTGRES: pooler.urlOf((await sharedPostgres()).url),
    }
    const command = [process.execPath, 'test', '--timeout', '60000', 'test/conformance/manifests.test.ts']
    const child = Bun.spawn(command, { cwd: ROOT, env, stdout: 'pipe', stderr: 'pipe' })
    const [out, problems, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    expect([code, code === 0 ? '' : out + problems]).toEqual([0, ''])
  }, 300_000)
}

const ROOT = new URL('../..', import.meta.url).pathname
