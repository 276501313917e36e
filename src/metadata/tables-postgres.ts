import type { ClientBase } from 'pg'
import {
  type Column,
  type KeyRange,
  rangeCondition,
  READ_BYTES,
  type Row,
  rowsWithin,
  type Table,
  TABLES,
  type TableReader,
  type TableWriter,
} from './table-list.ts'

const parameter = (at: number) => `$${at}`

/** Reads and fills tables on a connection that has a transaction open. */
export class PostgresTables implements TableReader, TableWriter {
  readonly #client: ClientBase
  readonly #columns = new Map<string, readonly Column[]>()

  constructor(client: ClientBase) {
    this.#client = client
  }

  async columnsOf({ name }: Table): Promise<readonly Column[]> {
    let columns = this.#columns.get(name)
    if (columns === undefined) {
      const { rows } = await this.#client.query(
        `select attname::text as name, format_type(atttypid, null) as type from pg_attribute
         where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attname collate "C"`,
        [name],
      )
      columns = rows as Column[]
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
    const { text, values } = rangeCondition(table, range, parameter)
    const tail = `from ${table.name} where ${text} order by ${table.key.join(', ')}`
    const rows = async (select: string, count: number): Promise<Row[]> => {
      const query = { text: `select ${select} ${tail} limit ${count}`, values: [...values], rowMode: 'array' as const }
      return (await this.#client.query(query)).rows
    }
    const { weight } = table
    const count =
      weight === undefined
        ? limit
        : rowsWithin(
            (await rows(weight, limit)).map(([bytes]) => Number(bytes)),
            READ_BYTES,
          )
    return rows(columns.map(({ name }) => name).join(', '), count)
  }

  async count({ name }: Table): Promise<number> {
    return Number((await this.#client.query(`select count(*) as count from ${name}`)).rows[0]?.count)
  }

  async counters(): Promise<ReadonlyMap<string, number>> {
    const counters = new Map<string, number>()
    for (const { name } of TABLES.filter(({ counted }) => counted)) {
      const { rows } = await this.#client.query(`select pg_get_serial_sequence($1, 'id') as sequence`, [name])
      const found = await this.#client.query(`select last_value, is_called from ${rows[0]?.sequence}`)
      const { last_value: last, is_called: isUsed } = found.rows[0] as { last_value: number; is_called: boolean }
      if (isUsed) counters.set(name, Number(last))
    }
    return counters
  }

  /** One array a column: as many rows as there are cost one parameter each column. */
  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    const columns = await this.columnsOf(table)
    const arrays = columns.map(({ type }, index) => `$${index + 1}::text::${type}[]`)
    await this.#client.query(
      `insert into ${table.name} (${columns.map(({ name }) => name).join(', ')}) select * from unnest(${arrays.join(', ')})`,
      columns.map((_, index) => arrayText(rows, index)),
    )
  }

  async remove(table: Table, range: KeyRange): Promise<void> {
    const { text, values } = rangeCondition(table, range, parameter)
    await this.#client.query(`delete from ${table.name} where ${text}`, [...values])
  }

  async setCounters(counters: ReadonlyMap<string, number>): Promise<void> {
    for (const [name, value] of counters)
      await this.#client.query(`select setval(pg_get_serial_sequence($1, 'id'), $2)`, [name, value])
  }
}

/** One column of many rows as PostgreSQL writes an array. */
function arrayText(rows: readonly Row[], column: number): string {
  return `{${rows.map((row) => elementText(row[column])).join(',')}}`
}

function elementText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array)
    return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}"`
  // PostgreSQL's text has no NUL; see `storable` of the dialect.
  return `"${String(value).replaceAll('\0', '\u{fffd}').replace(/["\\]/g, '\\$&')}"`
}
