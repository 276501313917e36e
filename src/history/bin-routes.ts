import { z } from 'zod'
import { createPushedProject } from '../access/manage-projects.ts'
import type { Management } from '../access/management.ts'
import type { Principal } from '../auth/principal.ts'
import { admitToRepository } from '../http/api/admit-api.ts'
import type { ApiCall, ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { repositoryName } from '../http/api/repository-call.ts'
import { date, projectName } from '../http/api/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { type BinEntry, countManifestsIn, listDeletions } from '../metadata/bin-list.ts'
import { lostTagsPage, manifestsIn } from '../metadata/bin-content.ts'
import { isRepositoryName, parseRepositoryName, type RepositoryName } from '../oci/name.ts'
import { purgeDeletion } from '../registry/purge-deletion.ts'
import { restoreDeletion } from '../registry/restore-deletion.ts'
import { deletionFor } from './judge-deletion.ts'

const deletion = z.strictObject({
  id: z.int(),
  kind: z.enum(['manifest', 'repository', 'retention', 'expired', 'untagged']).describe('Why it was deleted.'),
  repository: repositoryName,
  reason: z.string(),
  actor: z.string(),
  deletedAt: date,
  restorableUntil: date,
  manifests: z.int().describe('How many of them are in the recycle bin.'),
})
const lostTag = z.strictObject({ tag: z.string(), digest: z.string() })
const oneDeletion = z.strictObject({ deletion: z.coerce.number().int().min(1) })

const query = z.strictObject({
  project: projectName.optional().describe('Only what was in this project.'),
  repository: repositoryName.optional().describe('Only what was in this repository, or was it.'),
  before: z.coerce.number().int().optional().describe('The "next" of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** No more of a large one is shown; there is a number for all of them. */
const MAX_SHOWN = 100

async function toBody({ database }: Management, entry: BinEntry): Promise<z.infer<typeof deletion>> {
  const { id, kind, repository, reason, actorName: actor, deletedAt, purgeAt } = entry
  const manifests = await countManifestsIn(database.reader, entry)
  const [from, until] = [deletedAt.toISOString(), purgeAt.toISOString()]
  return { id, kind, repository, reason, actor, deletedAt: from, restorableUntil: until, manifests }
}

/** Looks on until the page is full, because most deletions may be none of the caller's business. */
async function visibleDeletions(
  m: Management,
  principal: Principal,
  asked: z.infer<typeof query>,
): Promise<{ items: BinEntry[]; next?: number }> {
  const { project: below, limit } = asked
  const repository = asked.repository === undefined ? undefined : parseRepositoryName(asked.repository)
  const items: BinEntry[] = []
  for (let before = asked.before; ;) {
    const batch = await listDeletions(m.database.reader, { repository, below, before, limit: 200 })
    for (const entry of batch) {
      if (!(await isWanted(m, principal, entry, below))) continue
      if (items.length === limit) return { items, next: items.at(-1)?.id ?? 0 }
      items.push(entry)
    }
    if (batch.length < 200) return { items }
    before = batch.at(-1)?.id
  }
}

async function isWanted(
  m: Management,
  principal: Principal,
  { repository, purgeAt }: BinEntry,
  project: string | undefined,
): Promise<boolean> {
  if (purgeAt <= m.clock.now()) return false
  if (project !== undefined && (await m.access.projectOf(repository))?.name !== project) return false
  return (await m.authorizer.allows(principal, 'delete', { repository })).allowed
}

/** Under another name it is as if somebody pulled it here and pushed it there. @throws Problem */
async function admitTo(
  { m, principal, actor }: Pick<ApiCall<unknown, unknown, unknown>, 'm' | 'principal' | 'actor'>,
  { repository }: BinEntry,
  to: string | undefined,
): Promise<RepositoryName | undefined> {
  if (to === undefined) return undefined
  if (!isRepositoryName(to)) throw new Problem('invalid', `"${to.slice(0, 300)}" is no name of a repository`)
  await admitToRepository(m, { principal }, 'repository:pull', repository)
  await admitToRepository(m, { principal }, 'repository:push', to)
  const { creates } = await m.authorizer.allows(principal, 'push', { repository: to })
  if (creates !== undefined) await createPushedProject(m, { principal, actor }, creates)
  return to
}

export const binRoutes: readonly ApiRoute[] = [
  define('GET /deletions', {
    id: 'listDeletions',
    access: 'signed-in',
    summary: 'The recycle bin: what was deleted where the caller may delete, newest first.',
    query,
    response: z.strictObject({ items: z.array(deletion), next: z.int().optional() }),
    handle: async ({ m, principal, query: asked }) => {
      const { items, ...rest } = await visibleDeletions(m, principal, asked)
      return { items: await Promise.all(items.map((entry) => toBody(m, entry))), ...rest }
    },
  }),
  define('GET /deletions/{deletion}', {
    id: 'getDeletion',
    access: 'signed-in',
    summary: 'One deletion, for whoever may delete in its repository.',
    parameters: oneDeletion,
    response: deletion.extend({
      digests: z.array(z.string()).describe(`Of its manifests, the first ${MAX_SHOWN}.`),
      tags: z.array(lostTag).describe(`That it took along, the first ${MAX_SHOWN}.`),
    }),
    handle: async ({ m, principal, parameters }) => {
      const entry = await deletionFor(m, principal, parameters.deletion, 'delete')
      const { reader } = m.database
      const digests = await manifestsIn(reader, entry.id, { after: '', limit: MAX_SHOWN })
      const { id, repositoryId } = entry
      const tags = await lostTagsPage(reader, { deletion: id, repositoryId, after: '', limit: MAX_SHOWN })
      return { ...(await toBody(m, entry)), digests, tags }
    },
  }),
  define('POST /deletions/{deletion}/restore', {
    id: 'restoreDeletion',
    access: 'signed-in',
    summary: 'Brings back what a deletion took, for whoever may delete in its repository.',
    parameters: oneDeletion,
    body: z.strictObject({
      to: repositoryName.optional().describe('Another name, for a repository that was deleted as a whole.'),
    }),
    response: z.strictObject({
      repository: repositoryName,
      manifests: z.int(),
      tags: z.array(z.string()),
      skippedTags: z
        .array(lostTag)
        .describe('Tags that are there again and name something else: they stay as they are.'),
    }),
    handle: async (call) => {
      const entry = await deletionFor(call.m, call.principal, call.parameters.deletion, 'delete')
      const to = await admitTo(call, entry, call.body.to)
      return restoreDeletion(call.registry, { deletion: entry.id, actor: call.actor, to })
    },
  }),
  define('DELETE /deletions/{deletion}', {
    id: 'purgeDeletion',
    access: 'signed-in',
    summary: 'Removes for good what a deletion took, for whoever manages its repository.',
    parameters: oneDeletion,
    handle: async ({ m, principal, registry, actor, parameters }) => {
      const { id } = await deletionFor(m, principal, parameters.deletion, 'manage')
      await purgeDeletion(registry, actor, id)
    },
  }),
]
