import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date } from '../http/api/schemas.ts'
import { listAudit, MAX_PAGE } from './list.ts'

const row = z.strictObject({
  id: z.int(),
  time: date,
  actor: z.strictObject({ id: z.string(), name: z.string(), address: z.string() }),
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
  detail: z.unknown(),
  hash: z.string().describe('Of this row and the one before: the chain that "berth audit verify" checks.'),
})
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

export const auditRoutes: readonly ApiRoute[] = [
  define('GET /audit', {
    id: 'listAudit',
    access: 'inspect',
    summary: 'Who did what, newest first.',
    query: z.strictObject({
      actor: z.string().max(300).optional().describe('Id or name.'),
      action: z
        .string()
        .max(300)
        .optional()
        .describe('Exactly this, or everything that begins with it when it ends with a point.'),
      target: z.string().max(1024).optional(),
      outcome: z.enum(['done', 'refused']).optional(),
      since: moment.optional(),
      until: moment.optional(),
      before: z.coerce.number().int().optional().describe('The "next" of the page before.'),
      limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
    }),
    response: z.strictObject({ items: z.array(row), next: z.int().optional() }),
    handle: async ({ m, query }) => {
      const { before, limit, ...filter } = query
      await m.recorder.seal()
      const { items, next } = await listAudit(m.database.reader, filter, { before, limit })
      return { items, ...(next === undefined ? {} : { next }) }
    },
  }),
]
