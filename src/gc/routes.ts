import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date } from '../http/api/schemas.ts'
import { collectionSchema, collectorStatus, runCollector } from './run.ts'

/** A request waits this long at most; the rest is for the next run. */
const MAX_RUN_MS = 20_000

/** Each is exact up to 50,000, which stands for that or more. */
const waiting = z.strictObject({
  manifests: z.int().describe('Without a name, until their time is over.'),
  links: z.int().describe('Blobs in a repository, until a manifest names them or their lease is over.'),
  blobs: z.int().describe('Blobs that no repository may need.'),
  overdue: z.int().describe('Of these three, those whose time has come.'),
  trashObjects: z.int(),
  trashBytes: z.int(),
  deletions: z.int().describe('In the recycle bin.'),
})

export const gcRoutes: readonly ApiRoute[] = [
  define('GET /gc', {
    id: 'getCollector',
    access: 'inspect',
    summary: 'What waits to be collected, and what was.',
    response: z.strictObject({ waiting, workedAt: date.optional(), total: collectionSchema.optional() }),
    handle: async ({ registry }) => {
      const { workedAt, ...status } = await collectorStatus(registry)
      return { ...status, workedAt: workedAt?.toISOString() }
    },
  }),
  define('POST /gc/run', {
    id: 'runCollector',
    access: 'administer',
    summary: 'Collects what is due now, instead of at the next turn. Answers after twenty seconds at most.',
    response: collectionSchema.extend({ finished: z.boolean() }),
    handle: async ({ registry }) => {
      const signal = AbortSignal.timeout(MAX_RUN_MS)
      const done = await runCollector(registry, signal)
      return { ...done, finished: !signal.aborted }
    },
  }),
]
