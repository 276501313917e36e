import type { AuditEntry, Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { coalesce } from '../lib/coalesce.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { type AuditRow, rowHash } from './chain.ts'
import { detailText } from './detail.ts'
import { findHead, insertRow } from './store.ts'

export interface RecorderOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** For tests: a detail with a secret's key is an error, instead of a line in the log and a key less. */
  readonly strict?: boolean
}

type Draft = Omit<AuditRow, 'id' | 'at' | 'hash'>

const NAME_CHARACTERS = 300
const TARGET_CHARACTERS = 1024

/** Entries that wait for a transaction, at most: about 10 MB at the very worst. */
export const MAX_WAITING = 10_000
/** Rows of one transaction: other writers wait about 10 ms for them. */
const BATCH = 500

/** Keeps what happened in the `audit` table. Inside one transaction, record one after the other. */
export function createRecorder({ database, clock, log, strict = false }: RecorderOptions): Recorder {
  const onSecret = (action: string) => (key: string) => {
    if (strict) throw new Error(`the detail of ${action} has a key ${key}: the audit keeps no secrets`)
    log.error('a key that looks like a secret was left out of the audit; please report this', { action, key })
  }
  const draftOf = (entry: AuditEntry) => toDraft(entry, onSecret(entry.action))
  const notes = new Notes(database, clock)
  return {
    record: async (tx, entry) => append(tx, [draftOf(entry)], clock.now()),
    note: async (entry) => notes.add(draftOf(entry)),
  }
}

function toDraft({ actor, action, target, outcome, detail }: AuditEntry, onSecret: (key: string) => void): Draft {
  return {
    actor: sound(actor.id, NAME_CHARACTERS),
    actor_name: sound(actor.name, NAME_CHARACTERS),
    address: sound(actor.address, NAME_CHARACTERS),
    action: sound(action, NAME_CHARACTERS),
    target: sound(target, TARGET_CHARACTERS),
    outcome,
    detail: detail === undefined ? '{}' : detailText(detail, onSecret),
  }
}

/** Half a surrogate pair does not survive the database, and a row that changes there would break the chain. */
function sound(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed()
}

/** Other processes write too, so what the rows follow is read in the transaction that adds them. */
async function append(tx: Transaction, drafts: readonly Draft[], now: Date): Promise<void> {
  let { id, hash } = await findHead(tx)
  const at = now.getTime()
  for (const draft of drafts) {
    id++
    const row = { ...draft, id, at }
    hash = rowHash(hash, row)
    await insertRow(tx, { ...row, hash })
  }
}

/** Writes what arrives while a batch is being written in the next one, so a flood of sign-ins needs few transactions. */
class Notes {
  readonly #database: Database
  readonly #clock: Clock
  readonly #waiting: Draft[] = []
  readonly #flush = coalesce(() => this.#writeAll())
  #omitted = 0

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** @throws Error when it could not be written, or too much waits already */
  add(draft: Draft): Promise<void> {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(draft)
    else if (isRefusedSignIn(draft)) this.#omitted++
    // Nobody signs in without a row: whoever does it with the right password may come again.
    else throw new Error('the audit cannot keep up: too much is waiting to be written')
    return this.#flush()
  }

  /** What waits now; what comes meanwhile is for the next. */
  async #writeAll(): Promise<void> {
    const drafts = this.#waiting.splice(0)
    if (this.#omitted > 0) drafts.push(omittedSignIns(this.#omitted))
    this.#omitted = 0
    for (let start = 0; start < drafts.length; start += BATCH) {
      const batch = drafts.slice(start, start + BATCH)
      await this.#database.writeQuietly((tx) => append(tx, batch, this.#clock.now()))
      // A long row of batches would keep everything else from its turn.
      if (start + BATCH < drafts.length) await new Promise((resolve) => setImmediate(resolve))
    }
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
