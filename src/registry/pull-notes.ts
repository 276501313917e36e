import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { orMoved } from '../metadata/move-state.ts'
import { notePulls, type Pull } from '../metadata/pulls.ts'
import type { RepositoryId } from '../metadata/repositories.ts'

/** Pulls are written down this much later, all at once: rules count in days, and a pull must cost no write. */
const FLUSH_MS = 30_000
/** Of these nothing more is noted until they are written. */
const MAX_WAITING = 100_000

/** Remembers what was pulled, in memory first. A crash loses the last half minute of it. */
export class PullNotes {
  readonly #database: Database
  readonly #clock: Clock
  #waiting = new Map<string, Pull>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  note(repositoryId: RepositoryId, reference: string): void {
    const key = `${repositoryId}:${reference}`
    if (this.#waiting.has(key) || this.#waiting.size >= MAX_WAITING) return
    this.#waiting.set(key, { repositoryId, reference, at: this.#clock.now() })
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => void this.flush().catch(() => undefined), FLUSH_MS)
    this.#timer.unref()
  }

  /** Writes down what waits. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const pulls = [...this.#waiting.values()]
    this.#waiting = new Map()
    if (pulls.length > 0) await orMoved(notePulls(this.#database, pulls))
  }
}
