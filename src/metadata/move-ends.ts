import type { Executor } from './db.ts'
import type { MoveState } from './move-state.ts'
import { type DatabasePlace, sqlitePath } from './open.ts'
import type { TableReader, TableWriter } from './table-list.ts'

/** One state of the database that is copied. */
export interface Reading {
  readonly tables: TableReader
  readonly executor: Executor
}

/** The same while nobody else writes. */
export interface LastReading extends Reading {
  /** Lets nobody write any more but whoever the state allows, durably, and ends the lock. */
  close(state: MoveState): Promise<void>
}

export interface MoveSource {
  /** Reads what is committed now, beside writers. */
  withSnapshot<T>(work: (reading: Reading) => Promise<T>): Promise<T>
  /** Writers wait until `work` has ended; unless it closed the source they then go on. */
  withLock<T>(work: (reading: LastReading) => Promise<T>): Promise<T>
  end(): Promise<void>
}

export interface Filling {
  readonly tables: TableWriter
  readonly executor: Executor
  /** What helps to be quick, and takes a while: before writers have to wait. */
  settle(): Promise<void>
  /** All of it is there after that, also after a power cut. With a state, it says who may write to it. */
  commit(state: MoveState | undefined): Promise<void>
}

/** A database that is being filled. Until the end nobody else writes to it. */
export interface MoveTarget {
  /** The move that was begun and not ended there; undefined: it is empty. @throws Error when it is in use */
  begun(): Promise<MoveState | undefined>
  /** Whether all rows of that move are there. */
  isFilled(state: MoveState): Promise<boolean>
  /** From now on it is for this move only. */
  claim(state: MoveState): Promise<void>
  /** In one transaction: nothing of it is there when it fails. */
  fill(work: (filling: Filling) => Promise<void>): Promise<void>
  /** Opens it for everybody. Idempotent. Returns what was found to be wrong. */
  open(state: MoveState): Promise<readonly string[]>
  end(): Promise<void>
}

export async function openMoveSource({ database, data }: DatabasePlace): Promise<MoveSource> {
  if (database === undefined) return new (await import('./move-sqlite.ts')).SqliteSource(sqlitePath(data))
  return new (await import('./move-postgres.ts')).PostgresSource(database)
}

export async function openMoveTarget({ database, data }: DatabasePlace): Promise<MoveTarget> {
  if (database === undefined) return new (await import('./move-sqlite.ts')).SqliteTarget(sqlitePath(data))
  return (await import('./move-postgres.ts')).openPostgresTarget(database)
}

/** Ends a state that keeps writers out: what left is there again, and what arrived is open. @throws Error */
export async function reopenDatabase({ database, data }: DatabasePlace, state: MoveState | undefined): Promise<void> {
  if (database === undefined) (await import('./move-sqlite.ts')).reopenSqlite(sqlitePath(data), state)
  else await (await import('./move-postgres.ts')).reopenPostgres(database, state)
}
