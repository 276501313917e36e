import { z } from 'zod'
import { createPushedProject } from '../../access/manage-projects.ts'
import { Problem } from '../../lib/problem.ts'
import { parseTag } from '../../oci/name.ts'
import { promote } from '../../registry/promote.ts'
import { settleSources } from '../../registry/pull-through.ts'
import { parseImageReference } from '../../registry/image-reference.ts'
import { admitToRepository } from './admit-api.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { digestText, oneRepository, refusalOf, repositoryOf, tagName } from './repository-call.ts'

const body = z.strictObject({
  from: z.string().max(600).describe('NAME:TAG or NAME@DIGEST.'),
  tags: z.array(tagName).max(100).optional().describe('Absent: the tag that it comes from.'),
  referrers: z.boolean().optional().describe('Signatures and the like go along; absent: they do.'),
})

export const promotionRoutes: readonly ApiRoute[] = [
  define('POST /repositories/{repository}/promotions', {
    id: 'promote',
    access: 'repository:push',
    summary: 'Copies an image of another repository of this registry into this one, without moving its bytes.',
    parameters: oneRepository,
    body,
    response: z.strictObject({
      digest: digestText,
      manifests: z.int().describe('That were not here.'),
      blobs: z.int().describe('That were not here.'),
    }),
    status: 201,
    handle: async (call) => {
      const { m, principal, registry, actor } = call
      const { name, reference } = parseImageReference(call.body.from)
      const from = await admitToRepository(m, { principal }, 'repository:pull', name)
      if (from === undefined) throw new Problem('invalid', 'say what to promote: NAME:TAG or NAME@DIGEST')
      await settleSources(registry, from)
      const repository = repositoryOf(call)
      const own = reference.includes(':') ? [] : [reference]
      return promote(registry, {
        from: { repository: from, reference },
        to: repository,
        tags: (call.body.tags ?? own).map(parseTag),
        referrers: call.body.referrers ?? true,
        actor,
        overwriteRefusal: await refusalOf(call, 'overwrite'),
        prepare: async () => {
          const { creates } = await m.authorizer.allows(principal, 'push', { repository })
          if (creates !== undefined) await createPushedProject(m, call, creates)
        },
      })
    },
  }),
]
