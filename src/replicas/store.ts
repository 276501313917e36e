import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'

/** A server on this database. */
export interface Replica {
  readonly id: string
  readonly host: string
  readonly version: string
  readonly startedAt: Date
  readonly seenAt: Date
  /** The newest change of rights that it knew when it was last heard of. */
  readonly accessVersion: number
}

const put = prepare<
  { id: string; host: string; version: string; startedAt: number; now: number; accessVersion: number },
  never
>((db, parameter) =>
  db
    .insertInto('replicas')
    .values({
      id: parameter('id'),
      host: parameter('host'),
      version: parameter('version'),
      started_at: parameter('startedAt'),
      seen_at: parameter('now'),
      access_version: parameter('accessVersion'),
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((update) => ({
        seen_at: update.ref('excluded.seen_at'),
        access_version: update.ref('excluded.access_version'),
      })),
    ),
)

export async function putReplica(tx: Transaction, { startedAt, seenAt, ...rest }: Replica): Promise<void> {
  await put(tx, { ...rest, startedAt: startedAt.getTime(), now: seenAt.getTime() })
}

export async function removeReplica(tx: Transaction, id: string): Promise<void> {
  await tx.db.deleteFrom('replicas').where('id', '=', id).execute()
}

/** Those that were heard of after `since`, by id. */
export async function listReplicas(executor: Executor, since: Date): Promise<Replica[]> {
  const rows = await executor.db
    .selectFrom('replicas')
    .selectAll()
    .where('seen_at', '>', since.getTime())
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    host: row.host,
    version: row.version,
    startedAt: new Date(row.started_at),
    seenAt: new Date(row.seen_at),
    accessVersion: row.access_version,
  }))
}

/** Forgets servers that were not heard of since. */
export async function removeSilentReplicas(tx: Transaction, since: Date): Promise<void> {
  await tx.db.deleteFrom('replicas').where('seen_at', '<=', since.getTime()).execute()
}
