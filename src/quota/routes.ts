import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { listOf, page, paged, projectName } from '../http/api/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Executor } from '../metadata/db.ts'
import { countBin, countedInBin, countProject } from './count-store.ts'
import { removeQuota, requireQuota, setQuota } from './manage-quotas.ts'
import { registryUsageRoutes } from './registry-usage-routes.ts'
import { reservedByOthers } from './reservation-store.ts'
import { type Counts, findQuota, listQuotas, type Quota } from './store.ts'
import { daysBefore, MAX_DAYS } from './sample-usage.ts'
import { listUsage } from './usage-store.ts'
import { isNearlyFull, percentUsed } from './warning.ts'

const limit = z.int().nonnegative()
const COUNTED = 'Of blobs, each once in the project, and manifests; what is deleted counts until it is gone for good.'
const limits = z.strictObject({
  bytes: limit.optional().describe(COUNTED),
  repositories: limit.optional(),
  tags: limit.optional(),
})
const share = z.strictObject({
  limit: limit.optional().describe('Absent: none.'),
  used: z.int(),
  percent: z.int().optional().describe('Of the limit, rounded down.'),
})
const inBin = z.int().describe('Of what counts, in the recycle bin: it goes when that is emptied.')
const quotaBody = z.strictObject({
  project: projectName,
  bytes: share.extend({ reserved: z.int().describe('Set aside for uploads under way.') }),
  repositories: share,
  tags: share,
  warning: z.boolean().describe('At least 85 % of a limit are used.'),
})
const quotaDetails = quotaBody.extend({
  bytes: quotaBody.shape.bytes.extend({ inBin }),
})
const usage = z.strictObject({
  bytes: z.int().describe(COUNTED),
  inBin,
  repositories: z.int(),
  tags: z.int(),
  recycleBin: z.strictObject({
    bytes: z
      .int()
      .describe('Of manifests, and of blobs that nothing visible in the project holds; not all of it counts.'),
    repositories: z.int(),
    manifests: z.int(),
  }),
})

interface Of {
  readonly project: { readonly id: number; readonly name: string }
  readonly quota: Quota
}

async function toBody(
  { reader, clock }: { readonly reader: Executor; readonly clock: Clock },
  { project, quota }: Of,
): Promise<z.infer<typeof quotaBody>> {
  const reserved = await reservedByOthers(reader, { project: project.id }, clock.now())
  return {
    project: project.name,
    bytes: { ...toShare(quota, 'bytes'), reserved },
    repositories: toShare(quota, 'repositories'),
    tags: toShare(quota, 'tags'),
    warning: isNearlyFull(quota),
  }
}

async function toDetails(
  parts: { readonly reader: Executor; readonly clock: Clock },
  of: Of,
): Promise<z.infer<typeof quotaDetails>> {
  const body = await toBody(parts, of)
  return { ...body, bytes: { ...body.bytes, inBin: await countedInBin(parts.reader, of.project.name) } }
}

function toShare(quota: Quota, resource: keyof Counts): z.infer<typeof share> {
  const percent = percentUsed(quota, resource)
  const of = quota.limits[resource]
  return {
    ...(of === undefined ? {} : { limit: of }),
    used: quota.used[resource],
    ...(percent === undefined ? {} : { percent }),
  }
}

export function quotaRoutes(): readonly ApiRoute[] {
  return [...registryUsageRoutes(), ...PROJECT_ROUTES]
}

const PROJECT_ROUTES: readonly ApiRoute[] = [
  define('GET /quotas', {
    id: 'listQuotas',
    access: 'inspect',
    summary: 'The projects that have a quota, by name, with what they use.',
    query: page,
    response: listOf(quotaBody),
    handle: async ({ m, query }) => {
      const { reader } = m.database
      const found = await listQuotas(reader, query.after, query.limit + 1)
      const { items, ...next } = paged(found, query.limit, ({ project }) => project.name)
      const bodies: z.infer<typeof quotaBody>[] = []
      for (const item of items) bodies.push(await toBody({ reader, clock: m.clock }, item))
      return { items: bodies, ...next }
    },
  }),
  define('GET /projects/{project}/quota', {
    id: 'getQuota',
    access: 'see',
    summary: 'What a project may hold, and what it does.',
    parameters: oneProject,
    response: quotaDetails,
    handle: async (call) => {
      const { reader } = call.m.database
      const project = projectOf(call)
      const quota = requireQuota(await findQuota(reader, project.id), project)
      return toDetails({ reader, clock: call.m.clock }, { project, quota })
    },
  }),
  define('PUT /projects/{project}/quota', {
    id: 'setQuota',
    access: 'administer',
    summary: 'Limits what a project may hold. What is not said has no limit. Nothing that is there goes.',
    parameters: oneProject,
    body: limits,
    response: quotaDetails,
    handle: async (call) => {
      const { m, body } = call
      const project = projectOf(call)
      const { bytes, repositories, tags } = body
      const quota = await setQuota(m, call, project, { bytes, repositories, tags })
      return toDetails({ reader: m.database.reader, clock: m.clock }, { project, quota })
    },
  }),
  define('DELETE /projects/{project}/quota', {
    id: 'removeQuota',
    access: 'administer',
    summary: 'From now on the project may hold any amount.',
    parameters: oneProject,
    handle: async (call) => removeQuota(call.m, call, projectOf(call)),
  }),
  define('GET /projects/{project}/usage', {
    id: 'getUsage',
    access: 'see',
    summary: 'What a project holds, with or without a quota, and what of it is in the recycle bin.',
    parameters: oneProject,
    response: usage,
    handle: async (call) => {
      const { reader } = call.m.database
      const { id, name } = projectOf(call)
      const counts = (await findQuota(reader, id))?.used ?? (await countProject(reader, name))
      return { ...counts, inBin: await countedInBin(reader, name), recycleBin: await countBin(reader, name) }
    },
  }),
  define('GET /projects/{project}/usage/history', {
    id: 'listUsageHistory',
    access: 'see',
    summary: 'What a project held day by day, oldest first; days without a look are absent.',
    parameters: oneProject,
    query: z.strictObject({
      days: z.coerce.number().int().min(1).max(MAX_DAYS).default(90).describe('How far back.'),
    }),
    response: z.strictObject({
      items: z.array(
        z.strictObject({ day: z.iso.date(), bytes: z.int().describe(COUNTED), repositories: z.int(), tags: z.int() }),
      ),
    }),
    handle: async (call) => {
      const { m, query } = call
      const since = daysBefore(m.clock.now(), query.days)
      return { items: await listUsage(m.database.reader, projectOf(call).id, { since, limit: MAX_DAYS + 1 }) }
    },
  }),
]
