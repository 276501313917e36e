import { createHmac } from 'node:crypto'
import { kindOfAddress } from '../client/address-kind.ts'
import { resolveBySystem } from '../client/guarded-connection.ts'
import { createGuardedEgress, EGRESS_TIMES, type GuardedEgress } from '../client/guarded-egress.ts'
import type { RegistryEvent } from '../events/event.ts'
import type { Executor } from '../metadata/db.ts'
import { RemoteError } from '../registry/image-source.ts'
import { messageOf } from './shapes.ts'
import { findContent } from './store.ts'
import type { Webhook } from './webhook.ts'

export interface Outcome {
  readonly isDelivered: boolean
  readonly status: number | undefined
  /** For people; nothing of what the receiver said. */
  readonly problem: string | undefined
}

export interface Sending {
  readonly webhook: Pick<Webhook, 'id' | 'url' | 'settings' | 'projectId'>
  readonly secret: string | undefined
  readonly event: RegistryEvent
  readonly reader: Executor
  /** What this registry is called. */
  readonly source: string
  readonly now: Date
  readonly egress: GuardedEgress
  readonly signal?: AbortSignal | undefined
}

const PATIENCE_MS = 10_000

/** The way out for one webhook, by its own rules. */
export function egressFor({ url, settings }: Pick<Webhook, 'url' | 'settings'>): GuardedEgress {
  const { allowPrivate, insecureHttp } = settings
  const rules = { origin: new URL(url), allowPrivate, insecureHttp, ca: undefined, resolve: resolveBySystem }
  const times = { ...EGRESS_TIMES, headersMs: PATIENCE_MS, stallMs: PATIENCE_MS, wholeMs: PATIENCE_MS }
  return createGuardedEgress({ ...rules, kindOf: kindOfAddress }, times)
}

/** Undefined: its shape has no words for the event. */
export async function sendEvent(sending: Sending): Promise<Outcome | undefined> {
  const { webhook, event, source, secret, now, egress, signal } = sending
  const { shape } = webhook.settings
  const content = shape === 'distribution' ? await findContent(sending.reader, event) : undefined
  const message = messageOf(shape, { event: discreet(event, webhook), source, content })
  if (message === undefined) return undefined
  const headers = {
    'content-type': message.mediaType,
    'berth-event': event.type,
    'berth-event-id': String(event.id),
    ...(secret === undefined ? {} : { 'berth-signature': signatureOf(secret, message.body, now) }),
  }
  try {
    const body = new TextEncoder().encode(message.body)
    const url = new URL(webhook.url)
    const answer = await egress({ ...{ method: 'POST', url, headers, body, mayBePrivate: true, signal } })
    await answer.discard()
    const isDelivered = answer.status >= 200 && answer.status < 300
    const problem = isDelivered ? undefined : `the receiver answered with status ${answer.status}`
    return { isDelivered, status: answer.status, problem }
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof RemoteError)) throw error
    return { isDelivered: false, status: undefined, problem: error.message }
  }
}

/** Where people sit is for those who run the registry. */
function discreet(event: RegistryEvent, { projectId }: Pick<Webhook, 'projectId'>): RegistryEvent {
  return projectId === undefined ? event : { ...event, address: '' }
}

/** The time is signed too, so that nobody can say the same again later. */
export function signatureOf(secret: string, body: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
