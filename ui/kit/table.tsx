import type { ReactNode } from 'react'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand to the right. */
  readonly isNumber?: boolean
}

interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string | number
  /** Instead of a table without rows. */
  readonly empty?: ReactNode
}

/** For some dozens of rows; a List is for any number. On a narrow page it scrolls by itself. */
export function Table<Row>({ label, columns, rows, keyOf, empty = 'Nothing.' }: TableProps<Row>) {
  if (rows.length === 0) return <div className="text-sm text-soft">{empty}</div>
  return (
    // What scrolls is reached by keyboard.
    <section aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table className="w-full border-collapse text-left text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-soft">
            {columns.map(({ title, isNumber }) => (
              <th
                key={title}
                scope="col"
                className={`px-2 py-1.5 font-medium first:pl-0 last:pr-0 ${isNumber ? 'text-right' : ''}`}
              >
                {title === '' ? <span className="sr-only">Actions</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line align-baseline last:border-0">
              {columns.map(({ title, cell, isNumber }) => (
                <td
                  key={title}
                  className={`min-w-24 px-2 py-2 first:pl-0 last:pr-0 ${isNumber ? 'text-right tabular-nums whitespace-nowrap' : ''} ${title === '' ? 'text-right whitespace-nowrap' : ''}`}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
