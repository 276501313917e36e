import type { Executor } from '../metadata/db.ts'

/** Whoever is silent for this long is dead, or cut off and has stopped writing: transactions end sooner. */
export const SILENT_MS = 30_000

/** Ids of the servers on this database that were heard of; none on SQLite, where there is one. */
export async function aliveServers({ db }: Executor, now: Date): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('replicas')
    .select('id')
    .where('seen_at', '>', now.getTime() - SILENT_MS)
    .execute()
  return new Set(rows.map(({ id }) => id))
}
