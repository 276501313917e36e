import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import type { Database } from '../../src/metadata/db.ts'
import { openDatabase } from '../../src/metadata/open.ts'
import { databaseFor, hasPostgres } from '../support/postgres.ts'
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
