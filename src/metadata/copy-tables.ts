import { hash } from 'bun'
import {
  type Key,
  type KeyRange,
  type Row,
  type Table,
  type TableReader,
  TABLES,
  type TableWriter,
} from './table-list.ts'

/** Rows that are read, sent and compared at once. */
const PAGE_ROWS = 2_000

/** What a page of the source was when it was copied. */
interface Page {
  readonly range: KeyRange
  readonly rows: number
  readonly print: bigint
}

interface Copied {
  readonly pages: readonly Page[]
  readonly written: number
  readonly isChanged: boolean
}

export interface CopyProgress {
  readonly table: string
  /** Rows looked at in this pass. */
  readonly rows: number
}

export interface Pass {
  /** Rows that the source has. */
  readonly rows: number
  /** Rows that were written in this pass. */
  readonly written: number
}

/**
 * Copies all tables, and again what has changed since: each page of the source is remembered by its range of keys and a
 * hash, so that a further pass reads everything and writes only pages that differ. That is what makes the last pass,
 * for which writers have to wait, a short one.
 */
export class TableCopy {
  readonly #to: TableWriter
  readonly #progress: (done: CopyProgress) => void
  readonly #pages = new Map<string, readonly Page[]>()
  readonly #seed = crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n
  readonly #unverified = new Set<string>()
  #rows = 0

  constructor(to: TableWriter, progress: (done: CopyProgress) => void = () => undefined) {
    this.#to = to
    this.#progress = progress
  }

  /** Brings the target to the state that `from` reads. @throws Error when the two have not the same columns */
  async pass(from: TableReader): Promise<Pass> {
    this.#rows = 0
    let [rows, written] = [0, 0]
    for (const table of TABLES) {
      const before = this.#pages.get(table.name)
      if (before === undefined) await this.#requireSameColumns(table, from)
      const after = before === undefined ? await this.#fill(table, from) : await this.#refresh(table, from, before)
      this.#pages.set(table.name, after.pages)
      rows += sum(after.pages)
      written += after.written
      if (before === undefined || after.isChanged) this.#unverified.add(table.name)
    }
    await this.#to.setCounters(await from.counters())
    return { rows, written }
  }

  /** Looks at those that were written to since it was last asked. @throws Error when one has not as many rows as were copied */
  async requireSameCounts(): Promise<void> {
    for (const table of TABLES.filter(({ name }) => this.#unverified.has(name))) {
      const [expected, found] = [sum(this.#pages.get(table.name) ?? []), await this.#to.count(table)]
      if (expected !== found)
        throw new Error(`${table.name} has ${found} rows instead of ${expected}; nothing was moved`)
    }
    this.#unverified.clear()
  }

  async #requireSameColumns(table: Table, from: TableReader): Promise<void> {
    const names = async (of: TableReader | TableWriter) =>
      (await of.columnsOf(table)).map(({ name }) => name).join(', ')
    const [there, here] = [await names(from), await names(this.#to)]
    if (there !== here)
      throw new Error(`${table.name} has the columns ${there} at its source, and ${here} where it goes`)
  }

  async #fill(table: Table, from: TableReader): Promise<Copied> {
    await this.#to.remove(table, {})
    const pages = await this.#copyRange(table, from, {})
    return { pages, written: sum(pages), isChanged: true }
  }

  /** All that goes is removed before anything comes: a name may have gone from one row to another. */
  async #refresh(table: Table, from: TableReader, before: readonly Page[]): Promise<Copied> {
    const changed = new Set<Page>()
    for (const page of before) if (!(await this.#isSame(table, from, page))) changed.add(page)
    for (const { range } of changed) await this.#to.remove(table, range)
    const pages: Page[] = []
    let written = 0
    for (const page of before) {
      const now = changed.has(page) ? await this.#copyRange(table, from, page.range) : [page]
      if (changed.has(page)) written += sum(now)
      pages.push(...now)
    }
    return { pages, written, isChanged: changed.size > 0 }
  }

  async #isSame(table: Table, from: TableReader, { range, rows, print }: Page): Promise<boolean> {
    await othersToo()
    const found = await from.readBriefly(table, range, PAGE_ROWS + 1)
    this.#count(table, found.length)
    return found.length === rows && this.#printOf(found) === print
  }

  /** Ends with a page without rows: what is added there later is all that has to be copied then. */
  async #copyRange(table: Table, from: TableReader, { after, upto }: KeyRange): Promise<Page[]> {
    const pages: Page[] = []
    const keyOf = await keyReader(table, from)
    const brief = await withoutConstant(table, from)
    for (let at = after; ;) {
      await othersToo()
      const rows = await from.read(table, { after: at, upto }, PAGE_ROWS)
      const last = rows.at(-1)
      const end = last === undefined ? upto : keyOf(last)
      await this.#to.insert(table, rows)
      this.#count(table, rows.length)
      pages.push({ range: { after: at, upto: end }, rows: rows.length, print: this.#printOf(rows.map(brief)) })
      if (last === undefined) return pages
      at = end
    }
  }

  #count({ name }: Table, rows: number): void {
    this.#rows += rows
    this.#progress({ table: name, rows: this.#rows })
  }

  /** Wide enough that two pages are not alike by chance, and seeded so that nobody can make them so. */
  #printOf(rows: readonly Row[]): bigint {
    const texts = rows.some((row) => row.some(isBytes))
      ? rows.map((row) => row.map((value) => this.#short(value)))
      : rows
    return BigInt(hash(JSON.stringify(texts), this.#seed))
  }

  #short(value: unknown): unknown {
    return isBytes(value) ? String(hash(value, this.#seed)) : value
  }
}

async function withoutConstant(table: Table, from: TableReader): Promise<(row: Row) => Row> {
  const place = (await from.columnsOf(table)).findIndex(({ name }) => name === table.constant)
  return (row) => (place < 0 ? row : row.toSpliced(place, 1))
}

/** From file to file nothing else would run for minutes, and a hold would not be renewed. */
function othersToo(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

async function keyReader(table: Table, from: TableReader): Promise<(row: Row) => Key> {
  const names = (await from.columnsOf(table)).map(({ name }) => name)
  const places = table.key.map((name) => names.indexOf(name))
  return (row) => places.map((place) => row[place])
}

function sum(pages: readonly Page[]): number {
  return pages.reduce((total, { rows }) => total + rows, 0)
}
