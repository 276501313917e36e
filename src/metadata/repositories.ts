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
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('manifests').select('digest').whereRef('manifests.repository_id', '=', 'repositories.id')),
    )
    .orderBy('name')
    .limit(parameter('limit')),
)

export async function findRepository(executor: Executor, name: RepositoryName): Promise<RepositoryId | undefined> {
  const [row] = await findId(executor, { name })
  return row?.id
}

export async function ensureRepository(tx: Transaction, name: RepositoryName, now: Date): Promise<RepositoryId> {
  const found = await findRepository(tx, name)
  if (found !== undefined) return found
  const [row] = await insert(tx, { name, now: now.getTime() })
  if (row === undefined) throw new Error('the new repository has no id')
  return row.id
}

/** Names after `after` in byte order, of repositories that hold a manifest. */
export async function listRepositories(executor: Executor, after: string, limit: number): Promise<RepositoryName[]> {
  const rows = await listNames(executor, { after, limit })
  return rows.map((row) => row.name)
}
