import { sql } from 'kysely'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'

export type RepositoryId = number

const findId = prepare<{ name: RepositoryName }, { id: number }>((db, parameter) =>
  db.selectFrom('repositories').select('id').where('name', '=', parameter('name')),
)

const insert = prepare<{ name: RepositoryName; now: number }, { id: number }>((db, parameter) =>
  db
    .insertInto('repositories')
    .values({ name: parameter('name'), created_at: parameter('now') })
    .returning('id'),
)

const listNames = prepare<{ after: string; limit: number }, { name: RepositoryName }>((db, parameter) =>
  db
    .selectFrom('repositories')
    .select('name')
    .where('name', '>', parameter('after') as RepositoryName)
    .where('deleted_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('manifests')
          .select('digest')
          .whereRef('manifests.repository_id', '=', 'repositories.id')
          .where('manifests.deletion', 'is', null)
          // Keeps PostgreSQL from making a join of it, for which it may read every manifest there is.
          .modifyEnd(sql`limit 1 offset 0`),
      ),
    )
    .orderBy('name')
    .limit(parameter('limit')),
)

export async function findRepository(executor: Executor, name: RepositoryName): Promise<RepositoryId | undefined> {
  const [row] = await findId(executor, { name })
  return row?.id
}

export async function ensureRepository(
  tx: Transaction,
  name: RepositoryName,
  now: Date,
): Promise<{ readonly id: RepositoryId; readonly isNew: boolean }> {
  const found = await findRepository(tx, name)
  if (found !== undefined) return { id: found, isNew: false }
  const [row] = await insert(tx, { name, now: now.getTime() })
  if (row === undefined) throw new Error('the new repository has no id')
  return { id: row.id, isNew: true }
}

/** Names after `after` in byte order, of repositories that hold a manifest. */
export async function listRepositories(executor: Executor, after: string, limit: number): Promise<RepositoryName[]> {
  const rows = await listNames(executor, { after, limit })
  return rows.map((row) => row.name)
}

/** What it holds, in bytes. */
export interface RepositoryUsage {
  readonly bytes: number
  readonly uniqueBytes: number
}

export async function repositoryUsage(executor: Executor, id: RepositoryId): Promise<RepositoryUsage> {
  const row = await executor.db
    .selectFrom('repositories')
    .select(['bytes', 'unique_bytes'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { bytes: row.bytes, uniqueBytes: row.unique_bytes }
}

/** Takes its name from a repository, whatever it holds: at once nobody can reach it, and the name is free. */
export async function buryRepository(
  tx: Transaction,
  { id, name, deletion, now }: { id: RepositoryId; name: RepositoryName; deletion: number; now: Date },
): Promise<void> {
  await tx.db
    .updateTable('repositories')
    .set({ name: `${name}@${deletion}` as RepositoryName, deleted_at: now.getTime() })
    .where('id', '=', id)
    .execute()
}

/** The name of a repository, also of a deleted one. */
export function nameBeforeDeletion(name: string): RepositoryName {
  return (name.split('@')[0] ?? name) as RepositoryName
}

/** Gives a deleted repository a name again, which must be free. */
export async function raiseRepository(tx: Transaction, id: RepositoryId, name: RepositoryName): Promise<void> {
  await tx.db.updateTable('repositories').set({ name, deleted_at: null }).where('id', '=', id).execute()
}
