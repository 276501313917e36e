import type { Clock } from '../lib/clock.ts'
import { coalesce } from '../lib/coalesce.ts'
import type { Database } from '../metadata/db.ts'
import { type Draft, serialiseDraft } from './draft.ts'
import { addAllWaiting, type Waiting } from './inbox-store.ts'

/** Entries that wait for a transaction, at most: about 10 MB at the very worst. */
export const MAX_WAITING = 10_000
/** Rows of one transaction. */
const BATCH = 500

/** Writes what arrives while a batch is being written in the next one, so a flood of sign-ins needs few transactions. */
export class Notes {
  readonly #database: Database
  readonly #clock: Clock
  readonly #waiting: Waiting[] = []
  readonly #flush = coalesce(() => this.#writeAll())
  #omitted = 0

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** @throws Error when it could not be written, or too much waits already */
  add(draft: Draft): Promise<void> {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(this.#now(draft))
    else if (isRefusedSignIn(draft)) this.#omitted++
    // Nobody signs in without a row: whoever does it with the right password may come again.
    else throw new Error('the audit cannot keep up: too much is waiting to be written')
    return this.#flush()
  }

  /** What waits now; what comes meanwhile is for the next. */
  async #writeAll(): Promise<void> {
    const waiting = this.#waiting.splice(0)
    if (this.#omitted > 0) waiting.push(this.#now(omittedSignIns(this.#omitted)))
    this.#omitted = 0
    for (let start = 0; start < waiting.length; start += BATCH) {
      const batch = waiting.slice(start, start + BATCH)
      await this.#database.writeQuietly((tx) => addAllWaiting(tx, batch))
      // A long row of batches would keep everything else from its turn.
      if (start + BATCH < waiting.length) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #now(draft: Draft): Waiting {
    return { at: this.#clock.now().getTime(), draft: serialiseDraft(draft) }
  }
}

function isRefusedSignIn({ action, outcome }: Draft): boolean {
  return action === 'sign-in' && outcome === 'refused'
}

function omittedSignIns(omitted: number): Draft {
  return {
    actor: 'anonymous',
    actor_name: '',
    address: '',
    action: 'sign-in',
    target: 'registry',
    outcome: 'refused',
    detail: JSON.stringify({ omitted }),
  }
}
