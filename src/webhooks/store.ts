import type { RegistryEvent } from '../events/event.ts'
import type { HappenedRow } from '../events/store.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import type { Schema } from '../metadata/schema.ts'
import type { DeliveryState } from '../metadata/schema-webhooks.ts'
import { isDigest } from '../oci/digest.ts'
import type { Content } from './shapes.ts'
import type { Webhook, WebhookSettings } from './webhook.ts'

type Row = { readonly [K in keyof Schema['webhooks']]: unknown } & {
  readonly id: number
  readonly project_id: number | null
  readonly url: string
  readonly settings: string
  readonly secret: string | null
  readonly enabled: number
  readonly created_at: number
  readonly position: number
  readonly attempts: number
  readonly failing_since: number | null
  readonly due_at: number
}

function toWebhook(row: Row): Webhook {
  return {
    ...{ id: row.id, projectId: row.project_id ?? undefined, url: row.url },
    settings: JSON.parse(row.settings) as WebhookSettings,
    ...{ sealedSecret: row.secret ?? undefined, isEnabled: row.enabled === 1, createdAt: new Date(row.created_at) },
    ...{ position: row.position, attempts: row.attempts, dueAt: new Date(row.due_at) },
    failingSince: row.failing_since === null ? undefined : new Date(row.failing_since),
  }
}

/** Of a project, or those of the whole registry. */
export async function listWebhooks(executor: Executor, projectId: number | undefined): Promise<Webhook[]> {
  const query = executor.db.selectFrom('webhooks').selectAll().orderBy('id')
  const rows = await (
    projectId === undefined ? query.where('project_id', 'is', null) : query.where('project_id', '=', projectId)
  ).execute()
  return rows.map(toWebhook)
}

export async function findWebhook(executor: Executor, id: number): Promise<Webhook | undefined> {
  const row = await executor.db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toWebhook(row)
}

/** Those that something may be sent to now. */
export async function dueWebhooks(executor: Executor, now: Date): Promise<Webhook[]> {
  const rows = await executor.db
    .selectFrom('webhooks')
    .selectAll()
    .where('enabled', '=', 1)
    .where('due_at', '<=', now.getTime())
    .orderBy('id')
    .execute()
  return rows.map(toWebhook)
}

export interface NewWebhook {
  readonly projectId: number | undefined
  readonly url: string
  readonly settings: WebhookSettings
  readonly isEnabled: boolean
  readonly createdBy: string
  readonly createdAt: Date
  readonly position: number
}

export async function insertWebhook(tx: Transaction, webhook: NewWebhook): Promise<number> {
  const { id } = await tx.db
    .insertInto('webhooks')
    .values({
      ...{ project_id: webhook.projectId ?? null, url: webhook.url, settings: JSON.stringify(webhook.settings) },
      ...{ secret: null, enabled: webhook.isEnabled ? 1 : 0, position: webhook.position, failing_since: null },
      ...{ created_by: webhook.createdBy, created_at: webhook.createdAt.getTime() },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export interface WebhookChange {
  readonly url: string
  readonly settings: WebhookSettings
  readonly isEnabled: boolean
  readonly sealedSecret: string | undefined
}

/** Whatever was in its way may be gone: it is tried again at once. */
export async function updateWebhook(tx: Transaction, id: number, changed: WebhookChange): Promise<void> {
  const { url, settings, isEnabled, sealedSecret } = changed
  await tx.db
    .updateTable('webhooks')
    .set({
      ...{ url, settings: JSON.stringify(settings), enabled: isEnabled ? 1 : 0, secret: sealedSecret ?? null },
      ...{ due_at: 0, attempts: 0 },
    })
    .where('id', '=', id)
    .execute()
}

export async function deleteWebhook(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('webhooks').where('id', '=', id).execute()
}

/** From here everything is sent again, with all the patience of the first time. */
export async function rewind(tx: Transaction, id: number, position: number): Promise<void> {
  await tx.db
    .updateTable('webhooks')
    .set({ position, attempts: 0, failing_since: null, due_at: 0 })
    .where('id', '=', id)
    .execute()
}

/** False when somebody moved it meanwhile: then that counts. */
export async function advance(tx: Transaction, id: number, from: number, to: number): Promise<boolean> {
  const moved = await tx.db
    .updateTable('webhooks')
    .set({ position: to })
    .where('id', '=', id)
    .where('position', '=', from)
    .returning('id')
    .execute()
  return moved.length > 0
}

export async function noteHealth(
  tx: Transaction,
  id: number,
  { attempts, failingSince, dueAt }: Pick<Webhook, 'attempts' | 'failingSince' | 'dueAt'>,
): Promise<void> {
  const health = { attempts, failing_since: failingSince?.getTime() ?? null, due_at: dueAt.getTime() }
  await tx.db.updateTable('webhooks').set(health).where('id', '=', id).execute()
}

export interface Delivery {
  readonly id: number
  readonly eventId: number
  readonly type: string
  readonly state: DeliveryState
  readonly status: number | undefined
  readonly problem: string | undefined
  readonly at: Date
}

export interface NewDelivery extends Omit<Delivery, 'id'> {
  readonly webhookId: number
  /** Kept of one that is given up. */
  readonly row?: HappenedRow | undefined
}

export async function addDelivery(tx: Transaction, delivery: NewDelivery): Promise<void> {
  const { webhookId, eventId, type, state, status, problem, row, at } = delivery
  await tx.db
    .insertInto('webhook_deliveries')
    .values({
      ...{ webhook_id: webhookId, event_id: eventId, type, state, status: status ?? null, problem: problem ?? null },
      ...{ event: row === undefined ? null : JSON.stringify(row), at: at.getTime() },
    })
    .execute()
}

/** Newest first. */
export async function listDeliveries(
  executor: Executor,
  webhookId: number,
  {
    before,
    limit,
    state,
  }: { readonly before?: number | undefined; readonly limit: number; readonly state?: DeliveryState | undefined },
): Promise<Delivery[]> {
  let query = executor.db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhookId)
  if (before !== undefined) query = query.where('id', '<', before)
  if (state !== undefined) query = query.where('state', '=', state)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    ...{ id: row.id, eventId: row.event_id, type: row.type, state: row.state, at: new Date(row.at) },
    ...{ status: row.status ?? undefined, problem: row.problem ?? undefined },
  }))
}

/** The row of the audit of one that was given up. */
export async function findDead(executor: Executor, webhookId: number, id: number): Promise<HappenedRow | undefined> {
  const row = await executor.db
    .selectFrom('webhook_deliveries')
    .select('event')
    .where('webhook_id', '=', webhookId)
    .where('id', '=', id)
    .where('state', '=', 'dead')
    .executeTakeFirst()
  return row?.event ? (JSON.parse(row.event) as HappenedRow) : undefined
}

export async function markReplayed(tx: Transaction, id: number): Promise<void> {
  await tx.db.updateTable('webhook_deliveries').set({ state: 'replayed', event: null }).where('id', '=', id).execute()
}

const KEPT = { dead: 1000, other: 200 } as const

/** The log is bounded; what was given up is kept longer. */
export async function pruneDeliveries(tx: Transaction, webhookId: number): Promise<void> {
  for (const kind of ['dead', 'other'] as const) {
    const is = kind === 'dead' ? ('=' as const) : ('!=' as const)
    const oldest = await tx.db
      .selectFrom('webhook_deliveries')
      .select('id')
      .where('webhook_id', '=', webhookId)
      .where('state', is, 'dead')
      .orderBy('id', 'desc')
      .offset(KEPT[kind])
      .limit(1)
      .executeTakeFirst()
    if (oldest === undefined) continue
    await tx.db
      .deleteFrom('webhook_deliveries')
      .where('webhook_id', '=', webhookId)
      .where('state', is, 'dead')
      .where('id', '<=', oldest.id)
      .execute()
  }
}

/** What the manifest of an event is, as long as it is there; also in the recycle bin. */
export async function findContent(
  { db }: Executor,
  { repository, digest }: Pick<RegistryEvent, 'repository' | 'digest'>,
): Promise<Content | undefined> {
  if (repository === undefined || digest === undefined || !isDigest(digest)) return undefined
  return db
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['manifests.media_type as mediaType', 'manifests.size as sizeBytes'])
    .where('repositories.name', '=', repository)
    .where('manifests.digest', '=', digest)
    .executeTakeFirst()
}

/** With secrets that are stored. */
export async function listSealed(executor: Executor): Promise<(Webhook & { readonly sealedSecret: string })[]> {
  const rows = await executor.db.selectFrom('webhooks').selectAll().where('secret', 'is not', null).execute()
  return rows.map(toWebhook).flatMap((found) => {
    const { sealedSecret } = found
    return sealedSecret === undefined ? [] : [{ ...found, sealedSecret }]
  })
}

/** One that was set anew meanwhile stays. */
export async function replaceSealed(tx: Transaction, id: number, from: string, to: string): Promise<void> {
  await tx.db.updateTable('webhooks').set({ secret: to }).where('id', '=', id).where('secret', '=', from).execute()
}
