import { formatByteSize } from '../../lib/byte-size.ts'
import { print, printTable, safeJson } from '../output.ts'
import type { Column } from './spec.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows with the titles of their columns. */
export function printRows(rows: readonly unknown[], columns: readonly Column<never>[] | undefined): void {
  const found = rows.map(toRow)
  const shown = columns ?? columnsOf(found)
  if (found.length === 0) return
  printTable([shown.map(titleOf), ...found.map((row) => shown.map((column) => cellOf(row, column)))])
}

/** A value below each other: `name  value`. */
export function printFields(answer: unknown, columns: readonly Column<never>[] | undefined): void {
  const row = toRow(answer)
  const shown = columns ?? Object.keys(row).map((name) => name as Column<never>)
  printTable(
    shown.map((column) => [titleOf(column).toLowerCase(), cellOf(row, column)]).filter(([, cell]) => cell !== ''),
  )
}

export function printJson(value: unknown): void {
  print(safeJson(value, 2))
}

/** Of lists that nobody said anything about: what is short in their first rows. */
function columnsOf(rows: readonly Row[]): readonly Column<never>[] {
  const names = new Set(rows.slice(0, 100).flatMap((row) => Object.keys(row)))
  return [...names].map((name) => name as Column<never>)
}

function toRow(value: unknown): Row {
  return typeof value === 'object' && value !== null ? (value as Row) : { value }
}

function titleOf(column: Column<never>): string {
  return typeof column === 'string' ? wordsOf(column).toUpperCase() : column[0]
}

/** `createdAt` is CREATED AT. */
function wordsOf(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1 $2')
}

function cellOf(row: Row, column: Column<never>): string {
  if (typeof column !== 'string') return textOf(column[1](row as never))
  const value = row[column]
  return typeof value === 'number' && /bytes$/i.test(column) ? formatByteSize(value) : textOf(value)
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .filter(([, each]) => each !== undefined && each !== null)
    .map(([name, each]) => `${wordsOf(name)} ${textOf(each)}`)
    .join(', ')
}
