import type { Database as SqliteConnection, SQLQueryBindings } from 'bun:sqlite'
import {
  type Column,
  type KeyRange,
  rangeCondition,
  READ_BYTES,
  type Row,
  rowsWithin,
  type Table,
  type TableReader,
  type TableWriter,
} from './table-list.ts'

/** Reads tables on a connection that has a transaction open. */
export class SqliteTables implements TableReader, TableWriter {
  readonly #connection: SqliteConnection
  readonly #columns = new Map<string, readonly Column[]>()

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async columnsOf({ name }: Table): Promise<readonly Column[]> {
    let columns = this.#columns.get(name)
    if (columns === undefined) {
      columns = this.#connection
        .query<Column, [string]>('select name, type from pragma_table_info(?) order by name')
        .all(name)
      this.#columns.set(name, columns)
    }
    return columns
  }

  async read(table: Table, range: KeyRange, limit: number): Promise<readonly Row[]> {
    return this.#read(table, range, { limit, columns: await this.columnsOf(table) })
  }

  async readBriefly(table: Table, range: KeyRange, limit: number): Promise<readonly Row[]> {
    const columns = (await this.columnsOf(table)).filter(({ name }) => name !== table.constant)
    return this.#read(table, range, { limit, columns })
  }

  async #read(
    table: Table,
    range: KeyRange,
    { limit, columns }: { readonly limit: number; readonly columns: readonly Column[] },
  ): Promise<readonly Row[]> {
    const { text, values } = rangeCondition(table, range, () => '?')
    const tail = `from ${table.name} where ${text} order by ${table.key.join(', ')} limit ?`
    const rows = (select: string, count: number) =>
      this.#connection.query(`select ${select} ${tail}`).values(...(values as SQLQueryBindings[]), count)
    const { weight } = table
    const count =
      weight === undefined
        ? limit
        : rowsWithin(
            rows(weight, limit).map(([bytes]) => Number(bytes)),
            READ_BYTES,
          )
    return rows(columns.map(({ name }) => name).join(', '), count)
  }

  async count({ name }: Table): Promise<number> {
    const row = this.#connection.query<{ count: number }, []>(`select count(*) as count from ${name}`).get()
    return row?.count ?? 0
  }

  async counters(): Promise<ReadonlyMap<string, number>> {
    const rows = this.#connection.query('select name, seq from sqlite_sequence').values()
    return new Map(rows.map(([name, seq]) => [String(name), Number(seq)]))
  }

  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    const columns = await this.columnsOf(table)
    const statement = this.#connection.query(
      `insert into ${table.name} (${columns.map(({ name }) => name).join(', ')})
       values (${columns.map(() => '?').join(', ')})`,
    )
    for (const row of rows) statement.run(...(row as SQLQueryBindings[]))
  }

  async remove(table: Table, range: KeyRange): Promise<void> {
    const { text, values } = rangeCondition(table, range, () => '?')
    this.#connection.query(`delete from ${table.name} where ${text}`).run(...(values as SQLQueryBindings[]))
  }

  async setCounters(counters: ReadonlyMap<string, number>): Promise<void> {
    for (const [name, value] of counters) {
      this.#connection.query('delete from sqlite_sequence where name = ?').run(name)
      this.#connection.query('insert into sqlite_sequence (name, seq) values (?, ?)').run(name, value)
    }
  }
}
