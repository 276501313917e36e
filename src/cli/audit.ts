import type { Link } from '../audit/chain.ts'
import { type AuditFilter, type AuditRecord, listAudit, MAX_PAGE, toRecord } from '../audit/list.ts'
import { sealAudit } from '../audit/sealer.ts'
import { rowsAfter } from '../audit/store.ts'
import { verifyAudit, type VerifyReport } from '../audit/verify.ts'
import type { DatabasePlace } from '../metadata/open.ts'
import { withDatabase } from './offline.ts'

/** Waits when the receiver of the text is slower than the database. */
export type Write = (text: string) => void | Promise<void>

export interface ListAuditOptions extends AuditFilter {
  /** Rows with smaller ids. */
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/** `berth audit list`: newest first, one row a line. */
export async function listAuditCommand(place: DatabasePlace, options: ListAuditOptions, write: Write): Promise<void> {
  const { before, limit, ...filter } = options
  const page = await withDatabase(place, async (database) => {
    await sealAudit(database)
    return listAudit(database.reader, filter, { before, limit })
  })
  for (const line of aligned(page.items.map(columnsOf))) await write(`${line}\n`)
  if (page.next !== undefined) await write(`There are more: --before ${page.next}\n`)
}

function columnsOf({ time, outcome, actor, action, target, detail }: AuditRecord): string[] {
  const details = typeof detail === 'string' ? detail : JSON.stringify(detail)
  return [time, outcome, actor.name || '-', action, target, actor.address || '-', details === '{}' ? '' : details].map(
    printable,
  )
}

/** Names are chosen by others: nothing of them may move the cursor, colour a terminal, or turn the writing round. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  )
}

/** Columns wider than this are not filled up for the others' sake. */
const WIDEST = 60

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, text] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, Math.min(text.length, WIDEST))
  return rows.map((row) =>
    row
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

export interface VerifyAuditOptions {
  /** A head noted earlier, `ID:HASH` as the log's lines "audit head" and `berth audit verify` say it. */
  readonly expectHead?: string | undefined
}

/** `berth audit verify`: true when no row was changed, removed, moved or put in. Safe beside a running server. */
export async function verifyAuditCommand(
  place: DatabasePlace,
  options: VerifyAuditOptions,
  write: Write,
): Promise<boolean> {
  const expectHead = options.expectHead === undefined ? undefined : parseHead(options.expectHead)
  const report = await withDatabase(place, async (database) => {
    // What is there can be checked all the same.
    const problem = await sealAudit(database).then(() => undefined, reasonOf)
    return { ...(await verifyAudit(database.reader, { expectHead })), problem }
  })
  for (const sentence of describe(report)) await write(`${sentence}\n`)
  return report.broken === undefined
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** @throws Error with a sentence for people */
function parseHead(text: string): Link {
  const match = /^(\d{1,15}):([0-9a-f]{64}|)$/.exec(text)
  if (match?.[1] === undefined) throw new Error(`"${text}" is not ID:HASH, as "berth audit verify" prints it`)
  return { id: Number(match[1]), hash: match[2] ?? '' }
}

const WHAT = {
  changed: 'is not what was written',
  missing: 'is missing',
  reordered: 'is another row of the audit, moved there',
  foreign: 'was never part of the audit',
} as const

interface Described extends VerifyReport {
  /** Why rows could not get their place. */
  readonly problem: string | undefined
}

function describe({ broken, rows, anchor, head, expected, waiting, problem }: Described): string[] {
  const older = anchor.id > 0 ? [`Rows up to ${anchor.id} were removed because of their age.`] : []
  const noted =
    expected === 'removed' ? ['The expected head was removed because of its age; nothing can be said of it.'] : []
  const verdict =
    broken === undefined
      ? `${rows} rows checked; the chain is whole.`
      : `Row ${broken.id} ${WHAT[broken.what]}; the ${rows} rows before it are sound.`
  const why = problem === undefined ? '' : ` (${problem})`
  const later = waiting > 0 ? [`Newer rows that have no place in the chain yet: ${waiting}${why}.`] : []
  return [...older, ...noted, verdict, ...later, `Head: ${head.id}:${head.hash}`]
}

export interface ExportAuditOptions {
  readonly since?: Date | undefined
  readonly until?: Date | undefined
}

/** `berth audit export`: JSON lines, oldest first. */
export async function exportAuditCommand(
  place: DatabasePlace,
  options: ExportAuditOptions,
  write: Write,
): Promise<void> {
  const since = options.since?.getTime() ?? Number.NEGATIVE_INFINITY
  const until = options.until?.getTime() ?? Number.POSITIVE_INFINITY
  await withDatabase(place, async (database) => {
    await sealAudit(database)
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const rows = await rowsAfter(database.reader, after, MAX_PAGE)
      const lines = rows
        .filter(({ at }) => at >= since && at < until)
        .map((row) => `${JSON.stringify(toRecord(row))}\n`)
      if (lines.length > 0) await write(lines.join(''))
      const last = rows.at(-1)
      if (last === undefined || rows.length < MAX_PAGE) return
      after = last.id
    }
  })
}
