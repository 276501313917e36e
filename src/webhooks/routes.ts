import { z } from 'zod'
import type { ApiAccess, ApiCall, ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject } from '../http/api/projects-api.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { startOf } from './feed.ts'
import { addWebhook, changeWebhook, removeWebhook, replayFrom, requireOf } from './manage-webhooks.ts'
import { type OnceParts, replayDead, sendTest } from './send-once.ts'
import type { Outcome } from './send.ts'
import { findWebhook, listDeliveries, listWebhooks } from './store.ts'
import { SHAPES, type Webhook } from './webhook.ts'

const url = z.string().max(1000).describe('https://HOST/PATH.')
const types = z
  .array(z.string().regex(/^[a-z-]{1,40}\.(?:[a-z-]{1,40})?$/))
  .max(50)
  .describe('manifest.pushed, or everything that begins with "manifest."; empty: all.')
const pattern = z.string().max(255)
const settings = {
  types: types.optional(),
  repositories: pattern.optional().describe('Whole names: "*" any characters but a slash, "**" any; empty: all.'),
  tags: pattern.optional().describe('Only events about such a tag; empty: all.'),
  shape: z.enum(SHAPES).optional().describe('cloudevents when absent.'),
  allowPrivate: z.boolean().optional().describe('Whether it may be in a private network; for administrators to say.'),
  insecureHttp: z.boolean().optional().describe('Whether plain http is allowed; for administrators to say.'),
  enabled: z.boolean().optional(),
}
const secret = z
  .string()
  .min(8)
  .max(1000)
  .describe('What messages are signed with (Berth-Signature). Encrypted where it is stored, and never shown.')

const webhook = z.strictObject({
  ...{ id: z.int(), url, types, repositories: pattern, tags: pattern, shape: z.enum(SHAPES) },
  ...{ allowPrivate: z.boolean(), insecureHttp: z.boolean(), enabled: z.boolean(), signed: z.boolean() },
  createdAt: date,
  failingSince: date.optional().describe('Absent: the last message was taken.'),
  nextAttemptAt: date.optional(),
})
const outcome = z.strictObject({ delivered: z.boolean(), status: z.int().optional(), problem: z.string().optional() })
const state = z.enum(['delivered', 'failed', 'dead', 'replayed'])
const delivery = z.strictObject({
  ...{ id: z.int(), event: z.int(), type: z.string(), state, at: date },
  ...{ status: z.int().optional(), problem: z.string().optional() },
})

function toBody({ id, url: at, settings: rest, ...more }: Webhook): z.infer<typeof webhook> {
  return {
    ...{
      id,
      url: at,
      ...rest,
      types: [...rest.types],
      enabled: more.isEnabled,
      signed: more.sealedSecret !== undefined,
    },
    createdAt: more.createdAt.toISOString(),
    ...(more.failingSince && { failingSince: more.failingSince.toISOString() }),
    ...(more.dueAt.getTime() > 0 && { nextAttemptAt: more.dueAt.toISOString() }),
  }
}

function toOutcome({ isDelivered, status, problem }: Outcome): z.infer<typeof outcome> {
  return {
    delivered: isDelivered,
    ...(status === undefined ? {} : { status }),
    ...(problem === undefined ? {} : { problem }),
  }
}

type Parts = () => Omit<OnceParts, 'm'>
type Here = Pick<ApiCall<unknown, unknown, unknown>, 'm' | 'project' | 'parameters'>

async function webhookOf({ m, project, parameters }: Here): Promise<Webhook> {
  const { webhook: id } = parameters as { readonly webhook: number }
  return requireOf(await findWebhook(m.database.reader, id), project, id)
}

/** The same routes for the webhooks of a project and for those of the whole registry. */
function webhookRoutesAt(base: '/projects/{project}' | '', parts: Parts): ApiRoute[] {
  const access: ApiAccess = base === '' ? 'administer' : 'manage'
  const suffix = base === '' ? '' : 'Project'
  const all = base === '' ? z.strictObject({}) : oneProject
  const one = all.extend({ webhook: z.coerce.number().int() })
  const path = `${base}/webhooks` as const
  return [
    define(`GET ${path}`, {
      ...{ id: `list${suffix}Webhooks`, access, summary: 'Who is told of events, without their secrets.' },
      ...{ parameters: all, response: listOf(webhook) },
      handle: async ({ m, project }) => ({ items: (await listWebhooks(m.database.reader, project?.id)).map(toBody) }),
    }),
    define(`POST ${path}`, {
      ...{ id: `add${suffix}Webhook`, access, summary: 'Tells an address of what happens from now on.' },
      ...{ parameters: all, body: z.strictObject({ ...settings, url, secret: secret.optional() }) },
      response: webhook,
      handle: async (call) => toBody(await addWebhook({ m: call.m, ...parts() }, call, call.project, call.body)),
    }),
    define(`GET ${path}/{webhook}`, {
      ...{ id: `get${suffix}Webhook`, access, summary: 'One webhook.', parameters: one, response: webhook },
      handle: async (call) => toBody(await webhookOf(call)),
    }),
    define(`PATCH ${path}/{webhook}`, {
      ...{ id: `change${suffix}Webhook`, access, summary: 'Changes a webhook. What is not said stays.' },
      ...{ parameters: one, response: webhook },
      body: z.strictObject({ ...settings, url: url.optional(), secret: secret.nullable().optional() }),
      handle: async (call) => {
        const { m, project, body: input } = call
        return toBody(await changeWebhook({ m, ...parts() }, call, await webhookOf(call), { project, input }))
      },
    }),
    define(`DELETE ${path}/{webhook}`, {
      ...{ id: `remove${suffix}Webhook`, access, summary: 'Tells it nothing any more.', parameters: one },
      handle: async (call) => removeWebhook(call.m, call, await webhookOf(call), call.project),
    }),
    define(`POST ${path}/{webhook}/test`, {
      ...{ id: `test${suffix}Webhook`, access, summary: 'Sends it a push that never was, with the number 0.' },
      ...{ parameters: one, response: outcome },
      handle: async (call) =>
        toOutcome(await sendTest({ m: call.m, ...parts() }, await webhookOf(call), call.project?.name)),
    }),
    define(`GET ${path}/{webhook}/deliveries`, {
      ...{ id: `list${suffix}WebhookDeliveries`, access, parameters: one, response: listOf(delivery) },
      summary: 'What was sent lately, newest first; "dead": given up after a day.',
      query: z.strictObject({
        before: z.coerce.number().int().optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        state: state.optional(),
      }),
      handle: async (call) => {
        const found = await listDeliveries(call.m.database.reader, (await webhookOf(call)).id, call.query)
        return {
          items: found.map(({ eventId, at, status, problem, ...rest }) => ({
            ...{ ...rest, event: eventId, at: at.toISOString() },
            ...(status === undefined ? {} : { status }),
            ...(problem === undefined ? {} : { problem }),
          })),
        }
      },
    }),
    define(`POST ${path}/{webhook}/replay`, {
      ...{ id: `replay${suffix}Webhook`, access, parameters: one, response: outcome },
      summary: 'Sends one that was given up again, or everything after a cursor of the feed, in order.',
      body: z.strictObject({ delivery: z.int().optional(), since: z.string().max(40).optional() }),
      handle: async (call) => {
        const { m, project, body } = call
        const found = await webhookOf(call)
        if ((body.delivery === undefined) === (body.since === undefined))
          throw new Problem('invalid', 'say either "delivery" or "since"')
        if (body.delivery !== undefined) return toOutcome(await replayDead({ m, ...parts() }, found, body.delivery))
        await replayFrom(m, call, found, { project, position: await startOf({ m }, body.since) })
        return { delivered: false }
      },
    }),
  ]
}

export function webhookRoutes(parts: Parts): readonly ApiRoute[] {
  return [...webhookRoutesAt('/projects/{project}', parts), ...webhookRoutesAt('', parts)]
}
