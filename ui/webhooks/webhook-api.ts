import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import type { Sent } from '../api/sent.ts'

export type Webhook = ItemOf<'/webhooks'>
export type Delivery = ItemOf<'/webhooks/{webhook}/deliveries'>
export type NewWebhook = Sent<'/webhooks', 'post'>
export type WebhookChange = Sent<'/webhooks/{webhook}', 'patch'>
type Replay = Sent<'/webhooks/{webhook}/replay', 'post'>

/** The same for the webhooks of a project and, without one, for those of the whole registry. */
export type WebhookApi = ReturnType<typeof ofRegistry> | ReturnType<typeof ofProject>

export function webhookApi(project: string | undefined): WebhookApi {
  return project === undefined ? ofRegistry() : ofProject(project)
}

function ofRegistry() {
  const one = (webhook: number) => ({ path: { webhook } })
  return {
    list: read('/webhooks'),
    add: (body: NewWebhook) => bodyOf(api.POST('/webhooks', { body })),
    change: (webhook: number, body: WebhookChange) =>
      bodyOf(api.PATCH('/webhooks/{webhook}', { params: one(webhook), body })),
    remove: (webhook: number) => bodyOf(api.DELETE('/webhooks/{webhook}', { params: one(webhook) })),
    test: (webhook: number) => bodyOf(api.POST('/webhooks/{webhook}/test', { params: one(webhook) })),
    replay: (webhook: number, body: Replay) =>
      bodyOf(api.POST('/webhooks/{webhook}/replay', { params: one(webhook), body })),
    deliveries: (webhook: number, query: DeliveryQuery) =>
      read('/webhooks/{webhook}/deliveries', { params: { ...one(webhook), query } }),
  }
}

function ofProject(project: string) {
  const one = (webhook: number) => ({ path: { project, webhook } })
  const base = '/projects/{project}/webhooks'
  return {
    list: read(base, { params: { path: { project } } }),
    add: (body: NewWebhook) => bodyOf(api.POST(base, { params: { path: { project } }, body })),
    change: (webhook: number, body: WebhookChange) =>
      bodyOf(api.PATCH(`${base}/{webhook}`, { params: one(webhook), body })),
    remove: (webhook: number) => bodyOf(api.DELETE(`${base}/{webhook}`, { params: one(webhook) })),
    test: (webhook: number) => bodyOf(api.POST(`${base}/{webhook}/test`, { params: one(webhook) })),
    replay: (webhook: number, body: Replay) =>
      bodyOf(api.POST(`${base}/{webhook}/replay`, { params: one(webhook), body })),
    deliveries: (webhook: number, query: DeliveryQuery) =>
      read(`${base}/{webhook}/deliveries`, { params: { ...one(webhook), query } }),
  }
}

export interface DeliveryQuery {
  readonly state?: Delivery['state']
  readonly limit?: number
}
