import { z } from 'zod'
import { REPOSITORY_ACTIONS } from '../../access/actions.ts'
import { explain } from '../../access/explain.ts'
import { Problem } from '../../lib/problem.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'

export const accessRoutes: readonly ApiRoute[] = [
  define('GET /access/explain', {
    id: 'explainAccess',
    access: 'signed-in',
    summary: 'Which rule decides whether somebody may do something. About others: administrators and auditors only.',
    query: z.strictObject({
      who: z.string().max(200).optional().describe('A user, a robot, or "anonymous"; absent: oneself.'),
      action: z.enum(REPOSITORY_ACTIONS),
      repository: z.string().max(255),
    }),
    response: z.strictObject({ allowed: z.boolean(), rule: z.string(), considered: z.array(z.string()) }),
    handle: async ({ m, principal, query }) => {
      const { action, repository } = query
      const who = query.who ?? principal.name
      const { allowed: mayInspect } = await m.authorizer.allows(principal, 'inspect', 'registry')
      if (who !== principal.name && !mayInspect)
        throw new Problem('forbidden', 'only administrators and auditors may ask about others')
      const answer = await explain(m, { who, action, repository })
      // What was looked at would say which projects there are.
      return mayInspect || answer.allowed ? answer : { allowed: false, rule: 'nothing gives you this', considered: [] }
    },
  }),
]
