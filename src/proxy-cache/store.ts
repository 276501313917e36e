import type { Executor, Transaction } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { type Source, sourceOptions } from './source.ts'

/** `?ns=` of that name means a project. */
export interface Namespace {
  readonly name: string
  readonly project: string
  /** Names that belong to no project mean it too. */
  readonly isDefault: boolean
}

/** All of them, in the order in which they are asked. */
export async function listSources(executor: Executor): Promise<Source[]> {
  const rows = await executor.db
    .selectFrom('sources')
    .innerJoin('remotes', 'remotes.id', 'sources.remote_id')
    .leftJoin('projects', 'projects.id', 'sources.project_id')
    .select([
      'sources.id',
      'sources.project_id',
      'sources.position',
      'sources.remote_id',
      'sources.prefix',
      'sources.mode',
      'sources.options',
      'sources.created_at',
      'remotes.name as remote',
      'remotes.url as remote_url',
      'projects.name as project',
    ])
    .orderBy('sources.position')
    .orderBy('sources.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    project: row.project ?? undefined,
    projectId: row.project_id ?? undefined,
    position: row.position,
    remoteId: row.remote_id,
    remote: row.remote,
    remoteUrl: row.remote_url,
    prefix: row.prefix,
    mode: row.mode,
    options: sourceOptions.parse(JSON.parse(row.options)),
    createdAt: new Date(row.created_at),
  }))
}

export async function listNamespaces(executor: Executor): Promise<Namespace[]> {
  const rows = await executor.db
    .selectFrom('namespaces')
    .innerJoin('projects', 'projects.id', 'namespaces.project_id')
    .select(['namespaces.name', 'namespaces.is_default', 'projects.name as project'])
    .orderBy('namespaces.name')
    .execute()
  return rows.map((row) => ({ name: row.name, project: row.project, isDefault: row.is_default === 1 }))
}

/** What a reference named at a source when it was last compared. */
export interface Check {
  readonly sourceId: number
  readonly digest: Digest
  readonly checkedAt: number
}

export async function findCheck(
  executor: Executor,
  name: RepositoryName,
  reference: Tag | Digest,
): Promise<Check | undefined> {
  const row = await executor.db
    .selectFrom('repositories')
    .innerJoin('source_checks', 'source_checks.repository_id', 'repositories.id')
    .select(['source_checks.source_id', 'source_checks.digest', 'source_checks.checked_at'])
    .where('repositories.name', '=', name)
    .where('source_checks.reference', '=', reference)
    .executeTakeFirst()
  return row && { sourceId: row.source_id, digest: row.digest, checkedAt: row.checked_at }
}

/** What these name is no upstream's business any more. */
export async function forgetChecks(tx: Transaction, repositoryId: RepositoryId, tags: readonly Tag[]): Promise<void> {
  await tx.db
    .deleteFrom('source_checks')
    .where('repository_id', '=', repositoryId)
    .where('reference', 'in', tags)
    .execute()
}

export interface NewCheck extends Check {
  readonly repositoryId: RepositoryId
  readonly reference: Tag | Digest
}

export async function noteCheck(tx: Transaction, check: NewCheck): Promise<void> {
  await tx.db
    .insertInto('source_checks')
    .values({
      repository_id: check.repositoryId,
      reference: check.reference,
      source_id: check.sourceId,
      digest: check.digest,
      checked_at: check.checkedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'reference']).doUpdateSet((update) => ({
        source_id: update.ref('excluded.source_id'),
        digest: update.ref('excluded.digest'),
        checked_at: update.ref('excluded.checked_at'),
      })),
    )
    .execute()
}
