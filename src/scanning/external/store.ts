import type { Executor, Transaction } from '../../metadata/db.ts'
import { forgetAllVerdicts } from '../../metadata/policy-verdicts.ts'
import { readSettings, type ScannerSettings, writeSettings } from './scanner-settings.ts'

export interface NewScanner {
  readonly name: string
  readonly settings: ScannerSettings
  readonly isEnabled: boolean
  readonly createdBy: string
  readonly createdAt: Date
}

export interface StoredScanner extends NewScanner {
  readonly id: number
  /** As `SealedSecrets` has it. */
  readonly sealedSecret: string | undefined
}

interface Row {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly settings: string
  readonly secret: string | null
  readonly enabled: number
  readonly created_by: string
  readonly created_at: number
}

function toScanner(row: Row): StoredScanner {
  return {
    ...{ id: row.id, name: row.name, settings: readSettings(row.kind, row.settings) },
    ...{ sealedSecret: row.secret ?? undefined, isEnabled: row.enabled === 1 },
    ...{ createdBy: row.created_by, createdAt: new Date(row.created_at) },
  }
}

export async function findScanner(executor: Executor, name: string): Promise<StoredScanner | undefined> {
  const row = await executor.db.selectFrom('scanners').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toScanner(row)
}

/** By name, after one. */
export async function listScanners(executor: Executor, after: string, limit: number): Promise<StoredScanner[]> {
  const rows = await executor.db
    .selectFrom('scanners')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toScanner)
}

export async function insertScanner(tx: Transaction, scanner: NewScanner): Promise<number> {
  const { name, settings, isEnabled, createdBy, createdAt } = scanner
  const { id } = await tx.db
    .insertInto('scanners')
    .values({
      ...{ name, kind: settings.kind, settings: writeSettings(settings), secret: null },
      ...{ enabled: isEnabled ? 1 : 0, created_by: createdBy, created_at: createdAt.getTime() },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function putSecret(tx: Transaction, id: number, sealed: string): Promise<void> {
  await tx.db.updateTable('scanners').set({ secret: sealed }).where('id', '=', id).execute()
}

/** Those whose secret is stored here. */
export async function listSealed(executor: Executor): Promise<StoredScanner[]> {
  const rows = await executor.db.selectFrom('scanners').selectAll().where('secret', 'is not', null).execute()
  return rows.map(toScanner)
}

/** Unless it was changed in between. */
export async function replaceSecret(tx: Transaction, id: number, from: string, to: string): Promise<void> {
  await tx.db.updateTable('scanners').set({ secret: to }).where('id', '=', id).where('secret', '=', from).execute()
}

/** What it found counts, or does not any more, with the next pull. */
export async function enableScanner(tx: Transaction, id: number, isEnabled: boolean): Promise<void> {
  await tx.db
    .updateTable('scanners')
    .set({ enabled: isEnabled ? 1 : 0 })
    .where('id', '=', id)
    .execute()
  await forgetAllVerdicts(tx)
}

/** With everything that it said. */
export async function deleteScanner(tx: Transaction, { id, name }: Pick<StoredScanner, 'id' | 'name'>): Promise<void> {
  await tx.db.deleteFrom('scan_reports').where('scanner', '=', name).execute()
  await tx.db.deleteFrom('scanners').where('id', '=', id).execute()
  await forgetAllVerdicts(tx)
}

/** Whether anybody but us is to be asked. */
export async function hasEnabledScanners(executor: Executor): Promise<boolean> {
  const row = await executor.db.selectFrom('scanners').select('id').where('enabled', '=', 1).limit(1).executeTakeFirst()
  return row !== undefined
}
