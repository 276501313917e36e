import type { Pool, PoolClient } from 'pg'
import type { Clock } from '../lib/clock.ts'
import { failpoint } from '../lib/failpoint.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Executor, Transaction } from './db.ts'
import { MOVE_STATE, type Opener, turnOf, whyClosed, WRITE_TURN } from './move-state.ts'
import { executorOnPostgres } from './postgres-dialect.ts'
import { type Identity, isCommitted, LIFE } from './postgres-doubt.ts'
import { DatabaseUnavailable, isConflict, isMissingTable, isOutage, isUniqueViolation } from './postgres-errors.ts'
import { Waits } from './waits.ts'

/** Attempts beside others; the next one waits for all of them to end and runs alone, so that it cannot lose again. */
const ATTEMPTS_BESIDE = 4
/** A key that is there after it was looked for anew is there for good. */
const ATTEMPTS_AT_UNIQUE = 3
/** How long a transaction is tried anew while the database is away, before its caller is told. */
const PATIENCE_MS = 5_000
const STATEMENT_TIMEOUT_MS = 20_000
/** A transaction whose client is cut off keeps its locks no longer than this. */
const IDLE_TIMEOUT_MS = 10_000

/** What is known of a connection for as long as it lasts. */
interface Session {
  readonly executor: Executor
  /** Of the server. */
  readonly life: string
}

/** Whether a commit waits until it survives a power cut. */
export type Durability = 'durable' | 'relaxed'

interface TransactionsOptions {
  readonly clock: Clock
  /** Transactions at the same time. */
  readonly atOnce: number
  readonly opener: Opener
}

/**
 * Transactions as if one ran after the other (SERIALIZABLE), which is what every use case was written for. Work that
 * lost against another's is done again from its start, so it must do nothing but SQL. Nothing lasts longer than the
 * transaction (no session settings, no prepared names), so a pooler in transaction mode may stand in between.
 */
export class Transactions {
  readonly #pool: () => Pool
  readonly #clock: Clock
  readonly waits = new Waits()
  readonly #turns: Semaphore
  readonly #sessions = new WeakMap<PoolClient, Session>()
  readonly #opener: Opener
  #turn = WRITE_TURN

  constructor(pool: () => Pool, { clock, atOnce, opener }: TransactionsOptions) {
    this.#pool = pool
    this.#clock = clock
    this.#turns = new Semaphore(atOnce)
    this.#opener = opener
  }

  /** @throws DatabaseUnavailable, RegistryMoved, and whatever `work` throws */
  run<T>(work: (tx: Transaction) => Promise<T>, durability: Durability): Promise<T> {
    const since = this.waits.begin()
    return this.#turns.run(() => {
      this.waits.end(since)
      return this.#persist(work, durability)
    })
  }

  async #persist<T>(work: (tx: Transaction) => Promise<T>, durability: Durability): Promise<T> {
    const attempts = new Attempts()
    for (;;) {
      try {
        return await this.#attempt(work, { durability, lost: attempts.lost })
      } catch (error) {
        if (!(await this.#hasOtherTurn(error))) await this.#clock.sleep(attempts.waitAfter(error))
      }
    }
  }

  async #attempt<T>(
    work: (tx: Transaction) => Promise<T>,
    { durability, lost }: { readonly durability: Durability; readonly lost: number },
  ): Promise<T> {
    const client = await this.#pool().connect()
    let broken: Error | undefined
    try {
      const session = await this.#sessionOn(client)
      const id = await begin(client, { durability, alone: lost >= ATTEMPTS_BESIDE, turn: this.#turn })
      const result = await work(session.executor)
      if (lost === 0) failpoint('postgres.first-attempt')
      // Of those that somebody waits for: a job may pass the others at any time.
      if (durability === 'durable') failpoint('postgres.before-commit')
      await this.#commit(client, { id, life: session.life })
      if (durability === 'durable') failpoint('postgres.after-commit')
      return result
    } catch (error) {
      if (isOutage(error)) broken = error as Error
      else broken = await rollback(client)
      throw error
    } finally {
      client.release(broken)
    }
  }

  /**
   * What writers lock has another name since the registry moved, which is looked up when it was not found.
   * @throws RegistryMoved when it is not for us
   */
  async #hasOtherTurn(error: unknown): Promise<boolean> {
    if (!isMissingTable(error)) return false
    const { rows } = await this.#pool().query('select state from job_state where name = $1', [MOVE_STATE])
    const state: string | undefined = rows[0]?.state
    const why = whyClosed(state, this.#opener)
    if (why !== undefined) throw why
    const before = this.#turn
    this.#turn = turnOf(state, this.#opener)
    return this.#turn !== before
  }

  async #sessionOn(client: PoolClient): Promise<Session> {
    let session = this.#sessions.get(client)
    if (session === undefined) {
      const { rows } = await client.query(`select ${LIFE} as life`)
      session = { executor: executorOnPostgres(client), life: String(rows[0]?.life) }
      this.#sessions.set(client, session)
    }
    return session
  }

  /** When the answer is lost, the transaction's number says what became of it. */
  async #commit(client: PoolClient, transaction: Identity): Promise<void> {
    try {
      await client.query('commit')
    } catch (error) {
      if (!isOutage(error)) throw error
      if (!(await isCommitted(transaction, { pool: this.#pool, clock: this.#clock, cause: error }))) throw error
    }
  }
}

/** Of one piece of work. */
class Attempts {
  readonly #deadline = performance.now() + PATIENCE_MS
  /** Against others who were quicker. */
  lost = 0

  /** How many milliseconds to wait before the next. @throws the error itself when there is to be none */
  waitAfter(error: unknown): number {
    if (isConflict(error) && (this.lost < ATTEMPTS_AT_UNIQUE || !isUniqueViolation(error))) {
      this.lost++
      return Math.random() * 2 ** Math.min(this.lost, 6)
    }
    if (!isOutage(error) || error instanceof DatabaseUnavailable) throw error
    if (performance.now() > this.#deadline) throw unavailable(error)
    return 50 + Math.random() * 200
  }
}

/** Why the connection is of no use any more; undefined: it is as before. */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** One round trip. Returns the transaction's number. The lock comes before the snapshot, so it sees whom it waited for. */
async function begin(
  client: PoolClient,
  { durability, alone, turn }: { readonly durability: Durability; readonly alone: boolean; readonly turn: string },
): Promise<string> {
  const results: unknown = await client.query(`
    begin isolation level serializable;
    set local statement_timeout = ${STATEMENT_TIMEOUT_MS};
    set local idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS};
    set local enable_seqscan = off;
    set local jit = off;
    ${durability === 'relaxed' ? 'set local synchronous_commit = off;' : ''}
    lock table ${turn} in ${alone ? 'exclusive' : 'row exclusive'} mode;
    select pg_current_xact_id()::text as id`)
  const last = Array.isArray(results) ? results.at(-1) : undefined
  return String(last?.rows?.[0]?.id)
}

export function unavailable(cause: unknown): DatabaseUnavailable {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DatabaseUnavailable(`the database cannot be reached: ${reason}`, cause)
}
