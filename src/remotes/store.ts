import type { Executor, Transaction } from '../metadata/db.ts'
import type { Remote } from './remotes.ts'

/** With what only those may see who open a connection. */
export interface StoredRemote extends Remote {
  /** As `SealedSecrets` has it. */
  readonly sealedPassword: string | undefined
  readonly passwordFile: string | undefined
  readonly ca: string | undefined
  /** Another one after each change. */
  readonly version: number
}

interface Options {
  readonly allowPrivate: boolean
  readonly insecureHttp: boolean
  readonly trustedHosts: readonly string[]
  readonly maxConcurrent: number
  readonly requestsPerMinute?: number | undefined
}

interface Row {
  readonly id: number
  readonly name: string
  readonly url: string
  readonly username: string | null
  readonly password: string | null
  readonly password_file: string | null
  readonly ca: string | null
  readonly options: string
  readonly created_at: number
  readonly version: number
}

/** A remote that has no number yet. */
export type NewRemote = Omit<StoredRemote, 'id' | 'hasPassword' | 'version'>

function toRemote(row: Row): StoredRemote {
  const { requestsPerMinute, ...options } = JSON.parse(row.options) as Options
  return {
    ...{ id: row.id, name: row.name, url: row.url, username: row.username ?? undefined },
    ...{ ...options, requestsPerMinute },
    hasPassword: row.password !== null || row.password_file !== null,
    sealedPassword: row.password ?? undefined,
    passwordFile: row.password_file ?? undefined,
    ca: row.ca ?? undefined,
    createdAt: new Date(row.created_at),
    version: row.version,
  }
}

function toColumns(remote: NewRemote) {
  const { allowPrivate, insecureHttp, trustedHosts, maxConcurrent, requestsPerMinute } = remote
  const options: Options = { allowPrivate, insecureHttp, trustedHosts, maxConcurrent, requestsPerMinute }
  return {
    ...{ name: remote.name, url: remote.url, username: remote.username ?? null },
    ...{ password: remote.sealedPassword ?? null, password_file: remote.passwordFile ?? null },
    ...{ ca: remote.ca ?? null, options: JSON.stringify(options), created_at: remote.createdAt.getTime() },
  }
}

export async function findRemote(executor: Executor, name: string): Promise<StoredRemote | undefined> {
  const row = await executor.db.selectFrom('remotes').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toRemote(row)
}

export async function findRemoteById(executor: Executor, id: number): Promise<StoredRemote | undefined> {
  const row = await executor.db.selectFrom('remotes').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toRemote(row)
}

/** By name, after one. */
export async function listRemotes(executor: Executor, after: string, limit: number): Promise<StoredRemote[]> {
  const rows = await executor.db
    .selectFrom('remotes')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toRemote)
}

/** Those whose password is stored here. */
export async function listSealed(executor: Executor): Promise<StoredRemote[]> {
  const rows = await executor.db.selectFrom('remotes').selectAll().where('password', 'is not', null).execute()
  return rows.map(toRemote)
}

export async function insertRemote(tx: Transaction, remote: NewRemote): Promise<number> {
  const { id } = await tx.db
    .insertInto('remotes')
    .values({ ...toColumns(remote), version: 1 })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function updateRemote(tx: Transaction, id: number, remote: NewRemote): Promise<void> {
  await tx.db
    .updateTable('remotes')
    .set((eb) => ({ ...toColumns(remote), version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Unless its password was changed in between. */
export async function replaceSealed(tx: Transaction, remote: StoredRemote, sealedPassword: string): Promise<void> {
  await tx.db
    .updateTable('remotes')
    .set((eb) => ({ password: sealedPassword, version: eb('version', '+', 1) }))
    .where('id', '=', remote.id)
    .where('version', '=', remote.version)
    .execute()
}

export async function deleteRemote(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('remotes').where('id', '=', id).execute()
}

/** What names it, for people: `a source of the project hub`. */
export async function usersOf(executor: Executor, id: number): Promise<string[]> {
  const sources = await executor.db
    .selectFrom('sources')
    .leftJoin('projects', 'projects.id', 'sources.project_id')
    .select('projects.name')
    .distinct()
    .where('sources.remote_id', '=', id)
    .execute()
  const rules = await executor.db.selectFrom('replication_rules').select('name').where('remote_id', '=', id).execute()
  return [
    ...sources.map(({ name }) =>
      name === null ? 'a source of the whole registry' : `a source of the project ${name}`,
    ),
    ...rules.map(({ name }) => `the replication rule ${name}`),
  ].sort()
}
