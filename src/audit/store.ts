import { type SelectQueryBuilder, sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { Schema } from '../metadata/schema.ts'
import type { AuditRow, Link } from './chain.ts'
import { inPieces } from './pieces.ts'

const newest = prepare<object, Link>((db) =>
  db.selectFrom('audit').select(['id', 'hash']).orderBy('id', 'desc').limit(1),
)

/** The id of the one row of `audit_state`: named, so that no engine plans to look for it. */
const STATE = 1

const lock = prepare<object, never>((db) =>
  db
    .updateTable('audit_state')
    .set((query) => ({ exported_id: query.ref('exported_id') }))
    .where('id', '=', STATE),
)

const pageAfter = prepare<{ id: number; limit: number }, AuditRow>((db, parameter) =>
  db.selectFrom('audit').selectAll().where('id', '>', parameter('id')).orderBy('id').limit(parameter('limit')),
)

/** What the next row follows. */
export async function findHead(executor: Executor): Promise<Link> {
  const [row] = await newest(executor, {})
  return row ?? (await readState(executor)).anchor
}

/** Whoever adds to the chain comes after whoever did it before, or is turned back before it has done anything. */
export async function lockChain(tx: Transaction): Promise<void> {
  await lock(tx, {})
}

export async function insertRows(tx: Transaction, rows: readonly AuditRow[]): Promise<void> {
  for (const piece of inPieces(rows)) await tx.db.insertInto('audit').values(piece).execute()
}

export interface AuditState {
  /** The last row that was removed: the first that is there follows it. */
  readonly anchor: Link
  /** The last row that was sent away. */
  readonly exportedId: number
}

export async function readState(executor: Executor): Promise<AuditState> {
  const row = await executor.db.selectFrom('audit_state').selectAll().where('id', '=', STATE).executeTakeFirstOrThrow()
  return { anchor: { id: row.anchor_id, hash: row.anchor_hash }, exportedId: row.exported_id }
}

/** Oldest first, for walking the chain. */
export async function rowsAfter(executor: Executor, id: number, limit: number): Promise<AuditRow[]> {
  return pageAfter(executor, { id, limit })
}

/** Removes the rows up to this one, which the chain hangs on from now on. */
export async function removeThrough(tx: Transaction, last: Link): Promise<void> {
  await tx.db.deleteFrom('audit').where('id', '<=', last.id).execute()
  await tx.db
    .updateTable('audit_state')
    .set({ anchor_id: last.id, anchor_hash: last.hash })
    .where('id', '=', STATE)
    .execute()
}

/** Never goes back, whoever else exports. */
export async function advanceExported(tx: Transaction, id: number): Promise<void> {
  await tx.db
    .updateTable('audit_state')
    .set({ exported_id: id })
    .where('id', '=', STATE)
    .where('exported_id', '<', id)
    .execute()
}

export async function findTime(executor: Executor, id: number): Promise<number | undefined> {
  const row = await executor.db.selectFrom('audit').select('at').where('id', '=', id).executeTakeFirst()
  return row?.at
}

export interface RowFilter {
  readonly actor?: string | undefined
  readonly actorName?: string | undefined
  readonly action?: string | undefined
  readonly actionPrefix?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: 'done' | 'refused' | undefined
  /** From this moment on. */
  readonly since?: number | undefined
  /** Before this moment. */
  readonly until?: number | undefined
}

export interface RowPage {
  /** Rows of smaller ids. */
  readonly before?: number | undefined
  /** Rows of larger ids. */
  readonly after?: number | undefined
  readonly limit: number
}

type Rows = SelectQueryBuilder<Schema, 'audit', AuditRow>

/** By id, newest first. */
export async function newestRows(executor: Executor, filter: RowFilter, page: RowPage): Promise<AuditRow[]> {
  let query = matching(executor, filter)
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since)
  if (filter.until !== undefined) query = query.where('at', '<', filter.until)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return query.orderBy('id', 'desc').limit(page.limit).execute()
}

function matching(executor: Executor, filter: RowFilter): Rows {
  let query: Rows = executor.db.selectFrom('audit').selectAll()
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor)
  if (filter.action !== undefined) query = query.where('action', '=', filter.action)
  if (filter.target !== undefined) query = query.where('target', '=', filter.target)
  if (filter.actorName !== undefined) query = query.where('actor_name', '=', filter.actorName)
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome)
  if (filter.actionPrefix !== undefined) query = query.where(beginsWith(filter.actionPrefix))
  return query
}

/** No index helps here, and neither a collation nor a wildcard may change what it means. */
function beginsWith(prefix: string) {
  const characters = sql.lit([...prefix].length)
  return sql<boolean>`substr(action, 1, ${characters}) = ${prefix}`
}

/** Ids of the actors whose newest row bears the name. Goes from actor to actor in the index, not over the rows. */
export async function findActorsNamed(executor: Executor, name: string): Promise<string[]> {
  const { rows } = await sql<{ actor_id: string }>`
    with recursive each_actor(actor_id) as (
      select min(actor) from audit
      union all
      select (select min(actor) from audit where actor > actor_id) from each_actor where actor_id is not null
    )
    select actor_id from each_actor
    where actor_id is not null
      and (select actor_name from audit where actor = actor_id order by audit.id desc limit 1) = ${name}
  `.execute(executor.db)
  return rows.map((row) => row.actor_id)
}
