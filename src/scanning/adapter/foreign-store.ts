import { z } from 'zod'
import { compressText, decompressText } from '../../inventory/codec.ts'
import type { FindingsReport } from '../../inventory/finding.ts'
import type { ImageInventory } from '../../inventory/image-inventory.ts'
import type { Executor, Transaction } from '../../metadata/db.ts'
import { isDigest } from '../../oci/digest.ts'

/** An image of another registry, as that one asked for it; what lets us have it is kept apart, and sealed. */
const requestSchema = z.object({
  registryUrl: z.string(),
  repository: z.string(),
  digest: z.string().refine(isDigest),
  mediaType: z.string(),
})
export type ForeignRequest = z.infer<typeof requestSchema>

/** What was found: of no image of ours, so it stays here. */
export interface ForeignContent {
  readonly inventory: ImageInventory
  readonly report: FindingsReport
}

export interface NewForeignScan {
  readonly id: string
  /** The account that asked: nobody else is told. */
  readonly owner: string
  readonly request: ForeignRequest
  readonly secret: string | undefined
  readonly createdAt: Date
}

export interface WaitingForeignScan {
  readonly id: string
  readonly request: ForeignRequest
  readonly secret: string | undefined
  readonly attempts: number
}

export async function countForeign(executor: Executor): Promise<{ readonly waiting: number; readonly all: number }> {
  const rows = await executor.db
    .selectFrom('foreign_scans')
    .select(({ fn }) => ['state', fn.countAll<string>().as('scans')])
    .groupBy('state')
    .execute()
  const of = (wanted: string) => Number(rows.find(({ state }) => state === wanted)?.scans ?? 0)
  return { waiting: of('waiting'), all: of('waiting') + of('done') + of('failed') }
}

export async function insertForeign(tx: Transaction, scan: NewForeignScan): Promise<void> {
  const { id, owner, request, secret, createdAt } = scan
  await tx.db
    .insertInto('foreign_scans')
    .values({
      ...{ id, owner, request: JSON.stringify(request), secret: secret ?? null, state: 'waiting' },
      ...{ problem: null, content: null, created_at: createdAt.getTime() },
    })
    .execute()
}

export async function findNextForeign(executor: Executor): Promise<WaitingForeignScan | undefined> {
  const row = await executor.db
    .selectFrom('foreign_scans')
    .select(['id', 'request', 'secret', 'attempts'])
    .where('state', '=', 'waiting')
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return { ...row, secret: row.secret ?? undefined, request: requestSchema.parse(JSON.parse(row.request)) }
}

/** Before it is begun: what ends the process is not begun for ever. */
export async function countAttempt(tx: Transaction, id: string): Promise<void> {
  await tx.db
    .updateTable('foreign_scans')
    .set(({ eb }) => ({ attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** The secret is not needed any more. */
export async function endForeign(
  tx: Transaction,
  id: string,
  ending: { readonly packed: Uint8Array } | { readonly problem: string },
): Promise<void> {
  const values =
    'packed' in ending
      ? { state: 'done' as const, content: ending.packed }
      : { state: 'failed' as const, problem: ending.problem }
  await tx.db
    .updateTable('foreign_scans')
    .set({ ...values, secret: null })
    .where('id', '=', id)
    .execute()
}

export type ForeignEnding =
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly problem: string }
  | { readonly state: 'done'; readonly request: ForeignRequest; readonly content: ForeignContent }

/** Undefined: there is none of this account. */
export async function findForeign(
  executor: Executor,
  { id, owner }: Pick<NewForeignScan, 'id' | 'owner'>,
): Promise<ForeignEnding | undefined> {
  const row = await executor.db
    .selectFrom('foreign_scans')
    .select(['state', 'problem', 'request', 'content'])
    .where('id', '=', id)
    .where('owner', '=', owner)
    .executeTakeFirst()
  if (row === undefined || row.state === 'waiting') return row && { state: 'waiting' }
  if (row.state === 'failed' || row.content === null)
    return { state: 'failed', problem: row.problem ?? 'nobody knows why' }
  return { state: 'done', request: requestSchema.parse(JSON.parse(row.request)), content: unpack(row.content) }
}

/** Old ones, at most so many. Returns how many there were. */
export async function forgetForeign(tx: Transaction, before: Date, limit: number): Promise<number> {
  const old = await tx.db
    .selectFrom('foreign_scans')
    .select('id')
    .where('created_at', '<', before.getTime())
    .limit(limit)
    .execute()
  for (const { id } of old) await tx.db.deleteFrom('foreign_scans').where('id', '=', id).execute()
  return old.length
}

export function packForeign(content: ForeignContent): Uint8Array {
  return compressText(JSON.stringify(content))
}

/** We alone write it. JSON makes texts of times. */
function unpack(packed: Uint8Array): ForeignContent {
  const { inventory, report } = JSON.parse(decompressText(packed)) as ForeignContent
  return {
    inventory: { ...inventory, analyzedAt: new Date(inventory.analyzedAt) },
    report: {
      ...report,
      ...(report.dataUpdatedAt && { dataUpdatedAt: new Date(report.dataUpdatedAt) }),
      findings: report.findings.map(({ firstSeen, published, ...finding }) => ({
        ...{ ...finding, firstSeen: new Date(firstSeen) },
        ...(published && { published: new Date(published) }),
      })),
    },
  }
}
