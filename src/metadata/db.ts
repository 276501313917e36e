import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import type { Waits } from './waits.ts'

export type Engine = 'sqlite' | 'postgres'

/** Something that runs queries: the readers, or the one open transaction. */
export interface Executor {
  readonly engine: Engine
  readonly db: Kysely<Schema>
  /** Runs a prepared query with its parameters in order. */
  run(query: CompiledQuery, parameters: readonly unknown[]): Promise<unknown[]>
}

/** Inside: SQL only. Never a file, a bucket or a fetch, because all other writers wait. */
export type Transaction = Executor

export interface Database {
  readonly engine: Engine
  /** Sees what is committed; never waits for, joins or sees an open transaction. */
  readonly reader: Executor
  /** How long writers wait for each other, in this process. */
  readonly waits: Waits
  /**
   * Runs `work` in a transaction of its own, after those that asked before. When it returns, the changes survive a
   * power cut. A throw rolls back. It may be run again from its start when another process was quicker, so it changes
   * nothing but rows. Those of the same `turn` in this process wait for each other, because they would be in each
   * other's way: the name of a repository.
   */
  write<T>(work: (tx: Transaction) => Promise<T>, turn?: string): Promise<T>
  /**
   * The same without waiting for the disk: the changes survive the death of the process, and may be lost in a power
   * cut. For notes that nobody was promised, such as an upload session.
   */
  writeRelaxed<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /**
   * Like `writeRelaxed`, for rows that no cache remembers, such as the audit's and the time of last use: `version` stays,
   * so pulls do not look everything up again because somebody signed in.
   */
  writeQuietly<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /**
   * Brings `version` and `accessVersion` up to date with everything that was committed before the call, wherever that
   * costs a query; undefined: they are. Requests begin with it. While the database cannot be reached it resolves for a
   * while without having done so, and `away` says since when. @throws DatabaseUnavailable after that
   */
  refresh(): Promise<void> | undefined
  /** When the database was last heard of, if it cannot be reached now. What is remembered is of that time. */
  away(): Date | undefined
  /**
   * Changes whenever any process may have committed something; undefined where that cannot be known. Answers of queries
   * may be remembered while it stays the same.
   */
  version(): number | undefined
  /**
   * Like `write`, for changes of who may do what: `accessVersion` changes before they are committed and again after.
   */
  writeAccess<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Changes whenever any process may have committed such a change; undefined where that cannot be known. */
  accessVersion(): number | undefined
  /** Throws what is wrong when a write would fail now. */
  probe(): Promise<void>
  /** Every inconsistency that the engine finds in its own files. */
  integrityErrors(): Promise<string[]>
  close(): Promise<void>
}
