import type { Executor } from '../metadata/db.ts'
import type { AuditRow } from './chain.ts'
import {
  findActions,
  findActorsNamed,
  findHead,
  findTime,
  newestRows,
  newestRowsByTime,
  type RowFilter,
  type RowPage,
} from './store.ts'

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

async function find(executor: Executor, { who, ...filter }: Wanted, page: RowPage): Promise<AuditRow[]> {
  if (who !== undefined) return findEach(executor, await whoseRows(executor, who, filter), page)
  if (filter.target !== undefined || filter.action !== undefined) return newestRows(executor, filter, page)
  if (filter.since !== undefined || filter.until !== undefined) return findByTime(executor, filter, page)
  if (filter.actionPrefix !== undefined) {
    const actions = await findActions(executor, filter.actionPrefix)
    return findEach(
      executor,
      actions.map((action) => ({ ...filter, actionPrefix: undefined, action })),
      page,
    )
  }
  return filter.outcome === undefined ? newestRows(executor, filter, page) : findInWindows(executor, filter, page)
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

async function findByTime(executor: Executor, filter: RowFilter, { before, limit }: RowPage): Promise<AuditRow[]> {
  const at = before === undefined ? undefined : await findTime(executor, before)
  if (before !== undefined && at === undefined) return findWithoutCursor(executor, filter, { before, limit })
  return newestRowsByTime(executor, filter, {
    before: before === undefined || at === undefined ? undefined : { id: before, at },
    limit,
  })
}

/** A row that was removed has none before it; one that never was has all. */
async function findWithoutCursor(
  executor: Executor,
  filter: RowFilter,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<AuditRow[]> {
  const head = await findHead(executor)
  return before > head.id ? newestRowsByTime(executor, filter, { before: undefined, limit }) : []
}

async function findInWindows(executor: Executor, filter: RowFilter, page: RowPage): Promise<AuditRow[]> {
  const found: AuditRow[] = []
  let before = page.before ?? (await findHead(executor)).id + 1
  while (found.length < page.limit && before > 1) {
    const after = before - 1 - WINDOW
    found.push(...(await newestRows(executor, filter, { before, after, limit: page.limit - found.length })))
    before = after + 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}
