import type { MaybePromise } from '../lib/maybe-promise.ts'
import { Recent } from '../lib/recent.ts'
import type { Database, Executor, Transaction } from '../metadata/db.ts'
import { findAccessVersion, raiseAccessVersion } from './version-store.ts'

const CAPACITY = 100_000
/**
 * What is remembered is looked at again after this long in any case: where a database cannot say whether anything
 * changed, and where a process died between committing a change and saying so.
 */
const MAX_AGE_MS = 1000

/**
 * What decides who may do what, remembered until it changes in any process: then all is forgotten. Looking whether it
 * did costs a read of shared memory, and one tiny query a second; so a check on a warm path reads no rows.
 */
export class AccessCache {
  readonly #database: Database
  readonly #known = new Recent<string, { readonly value: unknown }>(CAPACITY)
  #signal: number | undefined
  #version = -1
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(database: Database) {
    this.#database = database
  }

  /** The answer of `query` for `key`, also when it is that there is none: at once when it is known. */
  remember<T>(key: string, query: (executor: Executor) => Promise<T>): MaybePromise<T> {
    const known = this.#isCurrent() ? this.#known.get(key) : undefined
    return known === undefined ? this.#find(key, query) : (known.value as T)
  }

  /** Remembers what one query tells of many keys. */
  async learn(query: (executor: Executor) => Promise<Iterable<readonly [key: string, value: unknown]>>): Promise<void> {
    if (!this.#isCurrent()) await this.#refresh()
    const version = this.#version
    const entries = await query(this.#database.reader)
    if (version !== this.#version) return
    for (const [key, value] of entries) this.#known.set(key, { value })
  }

  async #find<T>(key: string, query: (executor: Executor) => Promise<T>): Promise<T> {
    if (!this.#isCurrent()) await this.#refresh()
    const known = this.#known.get(key)
    if (known !== undefined) return known.value as T
    const version = this.#version
    const value = await query(this.#database.reader)
    if (version === this.#version) this.#known.set(key, { value })
    return value
  }

  #isCurrent(): boolean {
    if (this.#database.accessVersion() !== this.#signal) return false
    // A database of its own says exactly what it has, when a request begins.
    return this.#database.engine === 'postgres' || performance.now() - this.#checkedAt < MAX_AGE_MS
  }

  /** The signal is read before the version, so a change in between is found at the next look. */
  async #refresh(): Promise<void> {
    const signal = this.#database.accessVersion()
    const checkedAt = performance.now()
    const version = await findAccessVersion(this.#database.reader)
    if (version !== this.#version) this.#known.clear()
    this.#version = version
    this.#signal = signal
    this.#checkedAt = checkedAt
  }
}

/** A change of who may do what: durable when it returns, and known to every process at its next look. */
export async function changeAccess<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return database.writeAccess(async (tx) => {
    const result = await work(tx)
    await raiseAccessVersion(tx)
    return result
  })
}
