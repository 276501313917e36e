import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../support/lab.ts'
import type { Limit } from '../support/limits.ts'
import type { Figure, Result } from '../support/result.ts'
import { commit, machine, versions } from '../support/tools.ts'

const FILE = join(import.meta.dir, '../record.json')
const DIGITS = 4

/** What a run measured of one row, and under what conditions. */
export interface RecordedRow {
  /** Of the day: 2026-11-22. */
  readonly date: string
  readonly machine: string
  readonly versions: string
  /** Of Berth; absent: not noted then. */
  readonly commit?: string
  readonly pairs: number
  /** Of one half of a pair. */
  readonly seconds: number
  readonly results: readonly Result[]
  /** Why a part of it, or all, was not measured. */
  readonly skipped: readonly string[]
}

/** The last written measurement of each row; docs/performance.md is made of it. */
export interface BenchRecord {
  /** Of the machine of the last run. */
  readonly limits: { readonly machine: string; readonly measured: readonly Limit[] }
  readonly rows: Readonly<Record<string, RecordedRow>>
}

/** The record with what this run measured of these rows in place of what it knew of them; kept in its file. */
export function updateRecord(lab: Lab, rows: readonly number[]): BenchRecord {
  const { rows: known }: BenchRecord = JSON.parse(readFileSync(FILE, 'utf8'))
  const conditions = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: versions(),
    commit: commit(),
  }
  const measured = Object.fromEntries(rows.map((row) => [String(row), { ...conditions, ...recorded(lab, row) }]))
  const record = { limits: { machine: machine(), measured: lab.limits }, rows: { ...known, ...measured } }
  writeFileSync(FILE, textOf(record))
  return record
}

export function resultsOf(record: BenchRecord): Result[] {
  return Object.values(record.rows).flatMap(({ results }) => results)
}

function recorded({ options, results, skipped }: Lab, row: number) {
  return {
    pairs: options.pairs,
    seconds: options.seconds,
    results: results.filter((result) => result.row === row).map(rounded),
    skipped: skipped.filter((entry) => entry.row === row).map(({ reason }) => reason),
  }
}

/** More digits would say nothing: the machine alone moves the second. */
function rounded(result: Result): Result {
  const figures = Object.entries(result.figures).map(([side, all]) => [side, all.map(roundedFigure)])
  return { ...result, figures: Object.fromEntries(figures) }
}

function roundedFigure(figure: Figure): Figure {
  const values = Object.entries<number>({ ...figure }).map(([name, value]) => [name, Number(value.toPrecision(DIGITS))])
  return Object.fromEntries(values)
}

/** A line for each result, so that a change of it is one. */
function textOf({ rows, ...head }: BenchRecord): string {
  const lines = Object.entries(rows).map(([row, { results, ...about }]) => {
    const each = results.map((result) => `\n${JSON.stringify(result)}`).join(',')
    return `${JSON.stringify(row)}: {${JSON.stringify(about).slice(1, -1)}, "results": [${each}]}`
  })
  return `{${JSON.stringify(head).slice(1, -1)}, "rows": {\n${lines.join(',\n')}\n}}\n`
}
