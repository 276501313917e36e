import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date, projectName } from '../http/api/schemas.ts'
import { openStream } from '../http/reply.ts'
import { readFeed, startOf } from './feed.ts'
import { followFeed } from './feed-stream.ts'

const cursor = z.string().max(40)
const event = z.strictObject({
  id: z.int(),
  cursor: cursor.describe('Resumes after this event.'),
  type: z.string().describe('What happened: manifest.pushed, tag.moved, project.created.'),
  time: date,
  target: z.string(),
  repository: z.string().optional(),
  digest: z.string().optional(),
  tags: z.array(z.string()).optional(),
  actor: z.strictObject({ id: z.string(), name: z.string() }).optional().describe('For whoever may push there.'),
  detail: z.record(z.string(), z.unknown()).optional().describe('For administrators and auditors.'),
})

const filter = {
  since: cursor.optional().describe('A cursor; "latest": only what comes from now on; absent: from the oldest on.'),
  project: projectName.optional(),
  repository: z.string().max(255).optional(),
  type: z
    .string()
    .max(100)
    .optional()
    .describe('Exactly this, or everything that begins with it when it ends with a point.'),
}

/** `isStopping`: whether this server is about to end. */
export function feedRoutes(isStopping: () => boolean): readonly ApiRoute[] {
  return [
    define('GET /events', {
      id: 'listEvents',
      access: 'signed-in',
      summary: 'What happened, in order: of repositories that the caller may pull; everything for administrators.',
      query: z.strictObject({ ...filter, limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      response: z.strictObject({
        items: z.array(event),
        cursor: cursor.describe('Where to go on: pass it as "since". There also when there is nothing new.'),
        more: z.boolean().describe('Whether there may be more right now.'),
      }),
      handle: async ({ m, principal, query }) => {
        const { since, limit, ...wanted } = query
        return readFeed({ m, principal }, await startOf({ m }, since), wanted, limit)
      },
    }),
    define('GET /events/stream', {
      id: 'followEvents',
      access: 'signed-in',
      summary: 'The same as server-sent events, as they happen. Last-Event-ID, or "since", resumes.',
      query: z.strictObject(filter),
      raw: true,
      mediaType: 'text/event-stream',
      handle: async ({ m, principal, query, http, isStillKnown }) => {
        const { since = 'latest', ...wanted } = query
        const { request } = http
        const after = await startOf({ m }, request.headers.get('last-event-id') ?? since)
        if (request.method === 'HEAD') return openStream(undefined, 'text/event-stream')
        http.takeTheTime()
        const follower = {
          m,
          principal,
          filter: wanted,
          after,
          clock: m.clock,
          isStopping,
          gone: request.signal,
          isStillKnown,
        }
        return openStream(followFeed(follower), 'text/event-stream')
      },
    }),
  ]
}
