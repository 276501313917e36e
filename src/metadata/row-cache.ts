import type { MaybePromise } from '../lib/maybe-promise.ts'
import { Recent } from '../lib/recent.ts'

/** What becomes of rows while nobody can say whether they are right still. */
interface Outage {
  /** Whether the database cannot be reached. */
  readonly isAway: () => boolean
  /** For how long a row that was right may then be answered with. */
  readonly graceMs: number
}

interface Remembered<V> {
  readonly row: V
  readonly version: number
  /** When it was last known to be right, on the clock of `performance.now()`. */
  rightAt: number
}

/**
 * Answers of queries, good for as long as no process has committed anything since: then each is looked up anew when it is
 * asked for. A hit costs a hundredth of the query. While the database is away, what was right a moment ago is the answer.
 */
export class RowCache<V extends object> {
  readonly #rows: Recent<string, Remembered<V>>
  readonly #version: () => number | undefined
  readonly #outage: Outage | undefined
  hits = 0
  misses = 0

  /** `version`: another one after each commit; undefined: nobody can say, and nothing is remembered. */
  constructor(version: () => number | undefined, capacity: number, outage?: Outage) {
    this.#version = version
    this.#outage = outage
    this.#rows = new Recent(capacity)
  }

  /** Runs `query` unless its answer is known. That something is absent is not remembered. */
  find(key: string, query: () => Promise<V | undefined>): MaybePromise<V | undefined> {
    const version = this.#version()
    if (version === undefined) return query()
    const known = this.#rows.get(key)
    if (known?.version === version) {
      this.hits++
      if (!this.#isAway()) known.rightAt = performance.now()
      return known.row
    }
    if (known !== undefined && this.#isAway() && this.#wasRightLately(known)) return known.row
    this.misses++
    return this.#look(key, query, { version, known })
  }

  async #look(
    key: string,
    query: () => Promise<V | undefined>,
    { version, known }: { readonly version: number; readonly known: Remembered<V> | undefined },
  ): Promise<V | undefined> {
    const row = await query()
    // Read before the query ran, the version is never newer than the row: after a commit in between it is looked up anew.
    if (row !== undefined) this.#rows.set(key, { row, version, rightAt: performance.now() })
    else if (known !== undefined) known.rightAt = Number.NEGATIVE_INFINITY
    return row
  }

  #isAway(): boolean {
    return this.#outage?.isAway() ?? false
  }

  #wasRightLately({ rightAt }: Remembered<V>): boolean {
    return performance.now() - rightAt <= (this.#outage?.graceMs ?? 0)
  }
}
