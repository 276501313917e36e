import type { Executor, Transaction } from '../metadata/db.ts'

/** A finding that somebody judged to be none, until a date. */
export interface Exception {
  readonly id: number
  /** Pattern of names below the project; empty: all. */
  readonly repositories: string
  readonly vulnerability: string
  /** Name of the package; empty: any. */
  readonly package: string
  readonly reason: string
  readonly expiresAt: Date
  readonly createdBy: string
  readonly createdAt: Date
}

export type NewException = Omit<Exception, 'id'> & { readonly projectId: number }

/** Of a project, oldest first; expired ones too. */
export async function listExceptions(executor: Executor, projectId: number): Promise<Exception[]> {
  const rows = await executor.db
    .selectFrom('vulnerability_exceptions')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('id')
    .execute()
  return rows.map(({ id, repositories, vulnerability, package: name, reason, expires_at, created_by, created_at }) => ({
    ...{ id, repositories, vulnerability, package: name, reason },
    ...{ expiresAt: new Date(expires_at), createdBy: created_by, createdAt: new Date(created_at) },
  }))
}

export async function insertException(tx: Transaction, exception: NewException): Promise<number> {
  const { id } = await tx.db
    .insertInto('vulnerability_exceptions')
    .values({
      project_id: exception.projectId,
      ...{ repositories: exception.repositories, vulnerability: exception.vulnerability },
      ...{ package: exception.package, reason: exception.reason },
      ...{ expires_at: exception.expiresAt.getTime(), created_by: exception.createdBy },
      created_at: exception.createdAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function deleteException(tx: Transaction, projectId: number, id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('vulnerability_exceptions')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** An OpenVEX document of a project. */
export interface StoredVex {
  readonly id: number
  readonly repositories: string
  readonly content: string
  readonly createdBy: string
  readonly createdAt: Date
}

export async function listVex(executor: Executor, projectId: number): Promise<StoredVex[]> {
  const rows = await executor.db
    .selectFrom('vex_documents')
    .select(['id', 'repositories', 'content', 'created_by', 'created_at'])
    .where('project_id', '=', projectId)
    .orderBy('id')
    .execute()
  return rows.map(({ id, repositories, content, created_by, created_at }) => ({
    ...{ id, repositories, content, createdBy: created_by, createdAt: new Date(created_at) },
  }))
}

export async function insertVex(
  tx: Transaction,
  document: Omit<StoredVex, 'id'> & { readonly projectId: number },
): Promise<number> {
  const { projectId, repositories, content, createdBy, createdAt } = document
  const { id } = await tx.db
    .insertInto('vex_documents')
    .values({ project_id: projectId, repositories, content, created_by: createdBy, created_at: createdAt.getTime() })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function deleteVex(tx: Transaction, projectId: number, id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('vex_documents')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
