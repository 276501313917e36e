import { type RegistryEvent, toEvent } from '../events/event.ts'
import { Problem } from '../lib/problem.ts'
import { isRepositoryName } from '../oci/name.ts'
import { egressFor, type Outcome, sendEvent } from './send.ts'
import type { WebhookManagement } from './manage-webhooks.ts'
import { addDelivery, findDead, markReplayed } from './store.ts'
import { purposeOf, type Webhook } from './webhook.ts'

export interface OnceParts extends WebhookManagement {
  readonly source: string
}

/** A push that never was: it has the number 0. */
export async function sendTest(parts: OnceParts, webhook: Webhook, projectName: string | undefined): Promise<Outcome> {
  const name = `${projectName ?? 'example'}/test`
  const digest = `sha256:${'0'.repeat(64)}`
  const repository = isRepositoryName(name) ? name : undefined
  return send(parts, webhook, {
    ...{
      id: 0,
      at: parts.m.clock.now(),
      type: 'manifest.pushed',
      actor: { id: 'system', name: 'berth-test' },
      address: '',
    },
    ...{ target: `repository:${name}`, repository, digest, tags: ['test'], detail: { test: true } },
  })
}

/** One that was given up, sent again out of its order. @throws Problem */
export async function replayDead(parts: OnceParts, webhook: Webhook, deliveryId: number): Promise<Outcome> {
  const { database, clock } = parts.m
  const row = await findDead(database.reader, webhook.id, deliveryId)
  const event = row && toEvent(row)
  if (event === undefined) throw new Problem('not-found', `there is no delivery ${deliveryId} that was given up`)
  const outcome = await send(parts, webhook, event)
  const { isDelivered, status, problem } = outcome
  await database.writeQuietly(async (tx) => {
    if (isDelivered) await markReplayed(tx, deliveryId)
    const state = isDelivered ? 'delivered' : 'failed'
    const about = { webhookId: webhook.id, eventId: event.id, type: event.type, at: clock.now() }
    await addDelivery(tx, { ...about, state, status, problem })
  })
  return outcome
}

async function send({ m, secrets, source }: OnceParts, webhook: Webhook, event: RegistryEvent): Promise<Outcome> {
  const { sealedSecret } = webhook
  const secret = sealedSecret === undefined ? undefined : secrets.open(sealedSecret, purposeOf(webhook))
  const parts = { reader: m.database.reader, source, now: m.clock.now(), egress: egressFor(webhook) }
  const sent = await sendEvent({ webhook, event, secret, ...parts })
  return sent ?? { isDelivered: false, status: undefined, problem: 'its shape has no words for this event' }
}
