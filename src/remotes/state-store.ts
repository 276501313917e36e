import type { RemoteHealth } from '../client/remote-registry.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import { formatState, parseState, type SeenState } from './state.ts'

/** A process that did not say anything for this long is not there any more, or has nothing to say. */
const FORGOTTEN_MS = 60 * 60_000

export interface SeenBy {
  readonly remoteId: number
  readonly instance: string
}

/** Replaces what the process saw before, and forgets those that are silent. A remote that was removed has no such row. */
export async function putState(
  tx: Transaction,
  { remoteId, instance }: SeenBy,
  health: RemoteHealth,
  now: Date,
): Promise<void> {
  const gone = now.getTime() - FORGOTTEN_MS
  await tx.db.deleteFrom('remote_states').where('remote_id', '=', remoteId).where('updated_at', '<', gone).execute()
  const row = { state: formatState(health), updated_at: now.getTime() }
  const { db } = tx
  if ((await db.selectFrom('remotes').select('id').where('id', '=', remoteId).executeTakeFirst()) === undefined) return
  await db
    .insertInto('remote_states')
    .values({ remote_id: remoteId, instance, ...row })
    .onConflict((conflict) => conflict.columns(['remote_id', 'instance']).doUpdateSet(row))
    .execute()
}

/** A process that ends takes its rows along. */
export async function removeStatesOf(tx: Transaction, instance: string): Promise<void> {
  await tx.db.deleteFrom('remote_states').where('instance', '=', instance).execute()
}

/** What processes lately saw of these remotes, by the remote's number. */
export async function statesOf(
  executor: Executor,
  remotes: readonly number[],
  now: Date,
): Promise<ReadonlyMap<number, (SeenState & { readonly instance: string })[]>> {
  if (remotes.length === 0) return new Map()
  const rows = await executor.db
    .selectFrom('remote_states')
    .selectAll()
    .where('remote_id', 'in', remotes)
    .where('updated_at', '>=', now.getTime() - FORGOTTEN_MS)
    .execute()
  const entries = rows.map((row) => ({
    ...{ id: row.remote_id, instance: row.instance, health: parseState(row.state), at: new Date(row.updated_at) },
  }))
  return Map.groupBy(entries, ({ id }) => id)
}
