import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date } from '../http/api/schemas.ts'
import { describeReplicas } from './describe.ts'

export const replicaRoutes: readonly ApiRoute[] = [
  define('GET /replicas', {
    id: 'listReplicas',
    access: 'inspect',
    summary: 'Servers on this database, and which jobs they hold. Empty on SQLite, where there is one.',
    response: z.strictObject({
      replicas: z.array(
        z.strictObject({
          id: z.string(),
          host: z.string(),
          version: z.string(),
          startedAt: date,
          seenAt: date,
          jobs: z.array(z.string()).describe('That it runs, or ran last.'),
        }),
      ),
    }),
    handle: async ({ registry }) => ({
      replicas: (await describeReplicas(registry)).map(({ id, host, version, startedAt, seenAt, jobs }) => ({
        ...{ id, host, version, jobs: [...jobs] },
        startedAt: startedAt.toISOString(),
        seenAt: seenAt.toISOString(),
      })),
    }),
  }),
]
