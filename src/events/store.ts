import type { Executor } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { Schema } from '../metadata/schema.ts'

/** A row of the audit in its place of the chain: gapless, in the order in which rows were sealed. */
export type HappenedRow = Pick<
  Schema['audit'],
  'id' | 'at' | 'actor' | 'actor_name' | 'action' | 'target' | 'outcome' | 'detail'
> & {
  /** Rows of deliveries that were given up may be from before it was kept. */
  readonly address?: string
}

const rowsAfter = prepare<{ id: number; limit: number }, HappenedRow>((db, parameter) =>
  db
    .selectFrom('audit')
    .select(['id', 'at', 'actor', 'actor_name', 'address', 'action', 'target', 'outcome', 'detail'])
    .where('id', '>', parameter('id'))
    .orderBy('id')
    .limit(parameter('limit')),
)

export function happenedAfter(executor: Executor, id: number, limit: number): Promise<HappenedRow[]> {
  return rowsAfter(executor, { id, limit })
}

/** Between which rows there is anything: those up to `removed` grew too old. */
export async function findEnds(executor: Executor): Promise<{ readonly removed: number; readonly newest: number }> {
  const { anchor_id: removed } = await executor.db
    .selectFrom('audit_state')
    .select('anchor_id')
    .executeTakeFirstOrThrow()
  const last = await executor.db.selectFrom('audit').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
  return { removed, newest: last?.id ?? removed }
}
