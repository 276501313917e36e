import type { Executor } from '../metadata/db.ts'
import type { AuditRow } from './chain.ts'
import { findActorsNamed, findHead, findTime, newestRows, readState, type RowFilter, type RowPage } from './store.ts'

export interface AuditFilter {
  /** An id, or a name: then everybody who bears it now or bore it last, and whoever failed to sign in with it. */
  readonly actor?: string | undefined
  /** Exactly this; with a point at its end everything that begins with it: `manifest.`. */
  readonly action?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: 'done' | 'refused' | undefined
  /** From this moment on. */
  readonly since?: Date | undefined
  /** Before this moment. */
  readonly until?: Date | undefined
}

export interface AuditPageRequest {
  /** The `next` of the page before. */
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/** One row, for programs and people. */
export interface AuditRecord {
  readonly id: number
  readonly time: string
  readonly actor: { readonly id: string; readonly name: string; readonly address: string }
  readonly action: string
  readonly target: string
  readonly outcome: string
  readonly detail: unknown
  readonly hash: string
}

export interface AuditPage {
  readonly items: readonly AuditRecord[]
  /** Undefined on the last page. */
  readonly next: number | undefined
}

export const MAX_PAGE = 1000
const DEFAULT_PAGE = 100
const ANONYMOUS = 'anonymous'

/** Rows that no index finds are looked through so many at a time, and everybody else has a turn in between. */
const WINDOW = 10_000

/** Newest first. */
export async function listAudit(
  executor: Executor,
  filter: AuditFilter,
  { before, limit = DEFAULT_PAGE }: AuditPageRequest = {},
): Promise<AuditPage> {
  const size = Math.max(1, Math.min(limit, MAX_PAGE))
  const rows = await find(executor, toRowFilter(filter), { before, limit: size + 1 })
  const page = rows.slice(0, size)
  return { items: page.map(toRecord), next: rows.length > size ? page.at(-1)?.id : undefined }
}

export function toRecord(row: AuditRow): AuditRecord {
  return {
    id: row.id,
    time: timeOf(row.at),
    actor: { id: row.actor, name: row.actor_name, address: row.address },
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    detail: parsed(row.detail),
    hash: row.hash,
  }
}

/** Somebody may have changed the row by hand, and then above all it must be possible to look at it. */
function timeOf(at: number): string {
  const time = new Date(at)
  return Number.isNaN(time.getTime()) ? String(at) : time.toISOString()
}

function parsed(detail: string): unknown {
  try {
    return JSON.parse(detail)
  } catch {
    return detail
  }
}

interface Wanted extends RowFilter {
  /** An id or a name. */
  readonly who?: string | undefined
}

function toRowFilter({ actor, action, target, outcome, since, until }: AuditFilter): Wanted {
  const isPrefix = action?.endsWith('.') === true
  return {
    who: actor,
    action: isPrefix ? undefined : action,
    actionPrefix: isPrefix ? action : undefined,
    target,
    outcome,
    since: since?.getTime(),
    until: until?.getTime(),
  }
}

async function find(executor: Executor, { who, ...filter }: Wanted, asked: RowPage): Promise<AuditRow[]> {
  const page = await withinPeriod(executor, filter, asked)
  if (who !== undefined) return findEach(executor, await whoseRows(executor, who, filter), page)
  if (filter.target !== undefined) return newestRows(executor, filter, page)
  const { action, actionPrefix, outcome } = filter
  const unaided = action !== undefined || actionPrefix !== undefined || outcome !== undefined
  return unaided ? findInWindows(executor, filter, page) : newestRows(executor, filter, page)
}

/** How far rows beside each other may be out of order: the clocks of several servers, and transactions that took long. */
const DISORDER_MS = 60_000

/** Rows come one after the other, so a period is a range of ids; a clock that was set back further blurs its ends. */
async function withinPeriod(executor: Executor, { since, until }: RowFilter, page: RowPage): Promise<RowPage> {
  const end = until === undefined ? undefined : await firstIdSince(executor, until + DISORDER_MS)
  const start = since === undefined ? undefined : await firstIdSince(executor, since - DISORDER_MS)
  return {
    limit: page.limit,
    before: end === undefined ? page.before : Math.min(page.before ?? end, end),
    after: start === undefined ? page.after : start - 1,
  }
}

/** Halves the range of ids again and again: some thirty rows are looked at, however many there are. */
async function firstIdSince(executor: Executor, moment: number): Promise<number> {
  let low = (await readState(executor)).anchor.id + 1
  let high = (await findHead(executor)).id + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (((await findTime(executor, middle)) ?? 0) < moment) low = middle + 1
    else high = middle
  }
  return low
}

async function whoseRows(executor: Executor, who: string, filter: RowFilter): Promise<RowFilter[]> {
  const ids = new Set([who, ...(await findActorsNamed(executor, who))])
  const filters: RowFilter[] = [...ids].filter((id) => id !== ANONYMOUS).map((actor) => ({ ...filter, actor }))
  // Under this id stand all who failed to sign in, with the name that they gave.
  return [...filters, { ...filter, actor: ANONYMOUS, actorName: who === ANONYMOUS ? undefined : who }]
}

/** One query each, because the index gives each in order already: together SQLite would sort all of their rows. */
async function findEach(executor: Executor, filters: readonly RowFilter[], page: RowPage): Promise<AuditRow[]> {
  const found: AuditRow[] = []
  for (const filter of filters) found.push(...(await newestRows(executor, filter, page)))
  return found.sort((a, b) => b.id - a.id).slice(0, page.limit)
}

async function findInWindows(executor: Executor, filter: RowFilter, page: RowPage): Promise<AuditRow[]> {
  const found: AuditRow[] = []
  let before = page.before ?? (await findHead(executor)).id + 1
  const first = page.after ?? 0
  while (found.length < page.limit && before - 1 > first) {
    const after = Math.max(first, before - 1 - WINDOW)
    found.push(...(await newestRows(executor, filter, { before, after, limit: page.limit - found.length })))
    before = after + 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}
