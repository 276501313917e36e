import { Recent } from '../lib/recent.ts'

/**
 * Answers of queries, good for as long as no process has committed anything since: then all are forgotten. A hit costs
 * a hundredth of the query; a commit anywhere makes the next look-up a query again.
 */
export class RowCache<V extends object> {
  readonly #rows: Recent<string, V>
  readonly #version: () => number | undefined
  #current: number | undefined

  constructor(version: () => number | undefined, capacity: number) {
    this.#version = version
    this.#rows = new Recent(capacity)
  }

  /** Runs `query` unless its answer is known. That something is absent is not remembered. */
  async find(key: string, query: () => Promise<V | undefined>): Promise<V | undefined> {
    const version = this.#version()
    if (version === undefined) return query()
    if (version !== this.#current) {
      this.#rows.clear()
      this.#current = version
    }
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const row = await query()
    // Read before the query ran, the version is never newer than the row: a commit in between clears it at the next look.
    if (row !== undefined && version === this.#current) this.#rows.set(key, row)
    return row
  }
}
