import { z } from 'zod'
import { UnknownRepository } from '../http/api/admit-api.ts'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import {
  digestText,
  oneRepository,
  oneTag,
  placeOf,
  refusalOf,
  repositoryOf,
  tagName,
} from '../http/api/repository-call.ts'
import { date } from '../http/api/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { findRepository } from '../metadata/repositories.ts'
import { parseDigest } from '../oci/digest.ts'
import { parseTag } from '../oci/name.ts'
import { type RollBack, type RolledBack, restoreTag, rollBack } from '../registry/roll-back.ts'
import { binRoutes } from './bin-routes.ts'
import { listHistory } from './list.ts'

const event = z.strictObject({
  at: date,
  tag: z.string(),
  digest: z.string().optional().describe('Absent: the tag was deleted.'),
  previous: z.string().optional().describe('Absent: the tag was not there before.'),
  actor: z.string().optional().describe('Only for whoever is signed in and may push there.'),
  reason: z.string().describe('Empty: it was pushed or deleted by a client.'),
  manifest: z
    .enum(['there', 'deleted', 'gone'])
    .describe('What became of the manifest that the tag named then, or before it was deleted.'),
  restorableUntil: date.optional().describe('Of a deleted manifest.'),
})

const rolledBack = z.strictObject({
  digest: digestText,
  previous: digestText.optional().describe('Absent: the tag was not there.'),
  restored: z.boolean().describe('Whether its manifest came back from the recycle bin.'),
})

function toBody({ digest, previous, restored }: RolledBack): z.infer<typeof rolledBack> {
  return { digest, restored, ...(previous === undefined ? {} : { previous }) }
}

const target = z.strictObject({
  to: digestText.optional().describe('Something that the tag named before.'),
  at: z.iso.datetime({ offset: true }).optional().describe('What it named at this moment.'),
})

function targetOf({ to, at }: z.infer<typeof target>): RollBack['to'] {
  if (to !== undefined && at === undefined) return { digest: parseDigest(to) }
  if (at !== undefined && to === undefined) return { at: new Date(at) }
  throw new Problem('invalid', 'say "to" what digest, or "at" what moment')
}

export const historyRoutes: readonly ApiRoute[] = [
  define('GET /repositories/{repository}/history', {
    id: 'listHistory',
    access: 'repository:pull',
    summary: 'Every move of the tags of a repository, newest first.',
    parameters: oneRepository,
    query: z.strictObject({
      tag: tagName.optional(),
      before: z.string().max(200).optional().describe('The "next" of the page before.'),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.strictObject({ items: z.array(event), next: z.string().optional() }),
    handle: async (call) => {
      const { reader } = call.m.database
      const id = await findRepository(reader, repositoryOf(call))
      if (id === undefined) throw new UnknownRepository(repositoryOf(call))
      const names = call.principal.kind !== 'anonymous' && (await refusalOf(call, 'push')) === undefined
      return listHistory(reader, id, { ...call.query, names })
    },
  }),
  define('POST /repositories/{repository}/tags/{tag}/roll-back', {
    id: 'rollBackTag',
    access: 'repository:overwrite',
    summary: 'A tag names again what it named before. If that was deleted, it takes "delete" too, and it comes back.',
    parameters: oneTag,
    body: target,
    response: rolledBack,
    handle: async (call) => {
      const refusals = { restore: await refusalOf(call, 'delete') }
      const request = { tag: parseTag(call.parameters.tag), to: targetOf(call.body), refusals }
      return toBody(await rollBack(call.registry, placeOf(call), request))
    },
  }),
  define('POST /repositories/{repository}/tags/{tag}/restore', {
    id: 'restoreTag',
    access: 'repository:delete',
    summary: 'A deleted tag names again what it named last.',
    parameters: oneTag,
    response: rolledBack,
    handle: async (call) => toBody(await restoreTag(call.registry, placeOf(call), parseTag(call.parameters.tag))),
  }),
  ...binRoutes,
]
