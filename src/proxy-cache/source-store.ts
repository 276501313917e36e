import type { Transaction } from '../metadata/db.ts'
import type { SourceMode } from '../metadata/schema-remotes.ts'
import type { SourceOptions } from './source.ts'

/** A source that has no number yet. */
export interface NewSource {
  /** Undefined: of the whole registry. */
  readonly projectId: number | undefined
  readonly position: number
  readonly remoteId: number
  readonly prefix: string
  readonly mode: SourceMode
  readonly options: SourceOptions
  readonly createdAt: Date
}

export async function insertSource(tx: Transaction, source: NewSource): Promise<number> {
  const { id } = await tx.db
    .insertInto('sources')
    .values({
      project_id: source.projectId ?? null,
      position: source.position,
      remote_id: source.remoteId,
      prefix: source.prefix,
      mode: source.mode,
      options: JSON.stringify(source.options),
      created_at: source.createdAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function updateSource(
  tx: Transaction,
  id: number,
  { mode, options }: Pick<NewSource, 'mode' | 'options'>,
): Promise<void> {
  await tx.db
    .updateTable('sources')
    .set({ mode, options: JSON.stringify(options) })
    .where('id', '=', id)
    .execute()
}

export async function setPosition(tx: Transaction, id: number, position: number): Promise<void> {
  await tx.db.updateTable('sources').set({ position }).where('id', '=', id).execute()
}

export async function deleteSource(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('sources').where('id', '=', id).execute()
}

export interface NewNamespace {
  readonly name: string
  readonly projectId: number
  readonly isDefault: boolean
}

/** At most one is the default: the newest that was said to be. */
export async function putNamespace(tx: Transaction, { name, projectId, isDefault }: NewNamespace): Promise<void> {
  if (isDefault) await tx.db.updateTable('namespaces').set({ is_default: 0 }).where('is_default', '=', 1).execute()
  const values = { name, project_id: projectId, is_default: isDefault ? 1 : 0 }
  await tx.db
    .insertInto('namespaces')
    .values(values)
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ project_id: values.project_id, is_default: values.is_default }),
    )
    .execute()
}

export async function deleteNamespace(tx: Transaction, name: string): Promise<void> {
  await tx.db.deleteFrom('namespaces').where('name', '=', name).execute()
}
