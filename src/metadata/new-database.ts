import type { Clock } from '../lib/clock.ts'
import { TableCopy } from './copy-tables.ts'
import type { Database } from './db.ts'
import { type Filling, type MoveTarget, openMoveTarget } from './move-ends.ts'
import { homeOf, type MoveState } from './move-state.ts'
import { type DatabasePlace, openDatabase, sqlitePath } from './open.ts'
import { installDatabase, removeDatabase } from './snapshot.ts'
import { openSqlite } from './sqlite.ts'
import { TABLES } from './table-list.ts'

/** A database that is being made, of a backup or of what is stored, and is not in its place yet. */
export interface NewDatabase {
  /** Fills it with a database file that `write` puts where it is told; one of an older version is brought up to date. */
  fill(write: (path: string) => Promise<void>): Promise<void>
  /** For whoever makes it. */
  open(): Promise<Database>
  /** From now on it is the database. Returns what was found to be wrong. */
  install(): Promise<readonly string[]>
}

export interface MakingOptions {
  readonly clock: Clock
  /** What it is made of: the same when it is begun again. */
  readonly source: string
  /** Part of the name of the file that it is until it is done. */
  readonly name: 'restoring' | 'rebuilding'
  /** A name for this making of it: hexadecimal. */
  readonly id: string
}

/** @throws Error when there is one that is in use */
export async function makeDatabase(place: DatabasePlace, options: MakingOptions): Promise<NewDatabase> {
  const making = `${sqlitePath(place.data)}.${options.name}`
  if (place.database === undefined) {
    removeDatabase(making)
    return newFile(making, sqlitePath(place.data), options)
  }
  return newOnServer(place, making, options)
}

function newFile(making: string, path: string, { clock }: MakingOptions): NewDatabase {
  return {
    fill: (write) => write(making),
    open: () => openSqlite({ path: making, clock, onBroken: () => undefined }),
    install: async () => {
      installDatabase(making, path)
      return []
    },
  }
}

/** Until it is installed nobody else may write to it. */
async function newOnServer(place: DatabasePlace, file: string, options: MakingOptions): Promise<NewDatabase> {
  const { clock, id, source } = options
  const target = await openMoveTarget(place)
  const from = { database: source, storage: source }
  const state = (name: 'arriving' | 'arrived'): MoveState => {
    return { id, state: name, from, to: homeOf(place), at: clock.now().toISOString(), audit: 0 }
  }
  await requireFree(target, source)
  await target.claim(state('arriving'))
  // What was broken off may have left rows.
  await target.fill(async (filling) => {
    await empty(filling)
    await filling.commit(state('arriving'))
  })
  return {
    fill: async (write) => {
      removeDatabase(file)
      await write(file)
      await (await openSqlite({ path: file, clock, onBroken: () => undefined })).close()
      await target.fill((filling) => copyFile(file, filling, state('arriving')))
      removeDatabase(file)
    },
    open: () => openDatabase(place, { clock, onBroken: () => undefined, move: id }),
    install: () => target.open(state('arrived')),
  }
}

async function requireFree(target: MoveTarget, source: string): Promise<void> {
  const begun = await target.begun()
  if (begun !== undefined && begun.from.database !== source)
    throw new Error(
      `${begun.from.database} was begun to be put into this database (${begun.at}), which has not ended; end that, or give an empty database`,
    )
}

/** They have their one row from the start. */
const SEEDED = ['access_state', 'audit_state']

async function empty({ tables }: Filling): Promise<void> {
  for (const table of TABLES) if (!SEEDED.includes(table.name)) await tables.remove(table, {})
}

async function copyFile(path: string, { tables, settle, commit }: Filling, state: MoveState): Promise<void> {
  const { SqliteSource } = await import('./move-sqlite.ts')
  const copy = new TableCopy(tables)
  await new SqliteSource(path).withSnapshot((reading) => copy.pass(reading.tables))
  await copy.requireSameCounts()
  await settle()
  await commit(state)
}
