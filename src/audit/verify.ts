import type { Executor } from '../metadata/db.ts'
import { type AuditRow, type Link, rowHash } from './chain.ts'
import { countWaiting } from './inbox-store.ts'
import { readState, rowsAfter } from './store.ts'

export interface BrokenRow {
  readonly id: number
  /**
   * `changed`: it is not what it was. `missing`: it was removed. `reordered`: another row of the chain stands in its
   * place. `foreign`: a row that was never part of the chain.
   */
  readonly what: 'changed' | 'missing' | 'reordered' | 'foreign'
}

export interface VerifyReport {
  /** The first row that is not as it was written; nothing is known of those after it. */
  readonly broken: BrokenRow | undefined
  /** Rows that were found sound. */
  readonly rows: number
  readonly anchor: Link
  /** The last sound row; the anchor when there is none. */
  readonly head: Link
  /** Whether the head noted earlier is in the chain. `removed`: retention removed it since, so nobody can tell. */
  readonly expected: 'found' | 'removed' | 'lost' | undefined
  /** Rows that were committed and have no place in the chain yet. */
  readonly waiting: number
}

export interface VerifyOptions {
  /** A head noted earlier, elsewhere: only so it shows when rows at the end were removed, or all were written anew. */
  readonly expectHead?: Link | undefined
  readonly pageSize?: number
}

const PAGE = 1000

/** What the chain itself says. */
type Walked = Omit<VerifyReport, 'waiting'>

/** Walks the chain from the anchor to the end. Safe beside a running server. */
export async function verifyAudit(executor: Executor, options: VerifyOptions = {}): Promise<VerifyReport> {
  for (;;) {
    const { anchor } = await readState(executor)
    const report = await new Walk(executor, anchor, options).toTheEnd()
    // Retention may have removed rows under our feet, and then the beginning looks broken.
    const isStill = (await readState(executor)).anchor.id === anchor.id
    if (report.broken === undefined || isStill) return { ...report, waiting: await countWaiting(executor) }
  }
}

class Walk {
  readonly #executor: Executor
  readonly #anchor: Link
  readonly #expectHead: Link | undefined
  readonly #pageSize: number
  #last: Link
  #rows = 0
  #expected: VerifyReport['expected']

  constructor(executor: Executor, anchor: Link, { expectHead, pageSize = PAGE }: VerifyOptions) {
    this.#executor = executor
    this.#anchor = anchor
    this.#expectHead = expectHead
    this.#pageSize = pageSize
    this.#last = anchor
    if (expectHead !== undefined && expectHead.id < anchor.id) this.#expected = 'removed'
    this.#compare(anchor)
  }

  async toTheEnd(): Promise<Walked> {
    // From the very beginning: a row before the anchor does not belong there.
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const page = await rowsAfter(this.#executor, after, this.#pageSize)
      for (const [index, row] of page.entries()) {
        const what = await this.#judge(row, page.slice(index + 1, index + 2)[0])
        if (what !== undefined) return this.#report({ id: idOf(what, row, this.#last), what })
        this.#pass(row)
      }
      const end = page.at(-1)
      if (end === undefined || page.length < this.#pageSize) return this.#report(this.#lost())
      after = end.id
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #judge(row: AuditRow, next: AuditRow | undefined): Promise<BrokenRow['what'] | undefined> {
    if (row.id <= this.#last.id) return 'foreign'
    if (row.id > this.#last.id + 1) return 'missing'
    if (rowHash(this.#last.hash, row) === row.hash) return undefined
    return this.#whatInstead(row, next ?? (await rowsAfter(this.#executor, row.id, 1))[0])
  }

  /** Where a row's place is taken, the row itself is somewhere behind it: at once, or where they were exchanged. */
  async #whatInstead(row: AuditRow, next: AuditRow | undefined): Promise<BrokenRow['what']> {
    const belongsHere = (other: AuditRow) => rowHash(this.#last.hash, { ...other, id: row.id }) === other.hash
    let before: Link = row
    const followers = next === undefined ? [] : [next, ...(await rowsAfter(this.#executor, next.id, this.#pageSize))]
    for (const other of followers) {
      if (belongsHere(other)) {
        const previousHash = before.id === row.id ? other.hash : before.hash
        return rowHash(previousHash, { ...row, id: other.id }) === row.hash ? 'reordered' : 'foreign'
      }
      before = other
    }
    return 'changed'
  }

  #pass(row: AuditRow): void {
    this.#rows++
    this.#last = { id: row.id, hash: row.hash }
    this.#compare(this.#last)
  }

  #compare({ id, hash }: Link): void {
    if (id === this.#expectHead?.id) this.#expected = hash === this.#expectHead.hash ? 'found' : 'lost'
  }

  /** At the end of a chain that is sound in itself. */
  #lost(): BrokenRow | undefined {
    if (this.#expectHead === undefined) return undefined
    this.#expected ??= 'lost'
    if (this.#expected !== 'lost') return undefined
    // Sound, but not the chain that it was: written anew, or cut off at its end.
    if (this.#expectHead.id > this.#last.id) return { id: this.#last.id + 1, what: 'missing' }
    return { id: this.#expectHead.id, what: 'changed' }
  }

  #report(broken: BrokenRow | undefined): Walked {
    return { broken, rows: this.#rows, anchor: this.#anchor, head: this.#last, expected: this.#expected }
  }
}

function idOf(what: BrokenRow['what'], row: AuditRow, last: Link): number {
  return what === 'missing' ? last.id + 1 : row.id
}
