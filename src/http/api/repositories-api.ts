import { z } from 'zod'
import type { Management } from '../../access/management.ts'
import type { Principal } from '../../auth/principal.ts'
import { findBinEntry } from '../../metadata/bin-list.ts'
import {
  countTagsIn,
  countTagsOf,
  findRepositorySummary,
  listRepositorySummaries,
  REPOSITORY_ORDERS,
  type RepositoryQuery,
  type RepositorySummary,
} from '../../metadata/repository-details.ts'
import type { RepositoryName } from '../../oci/name.ts'
import { deleteRepository } from '../../registry/delete-content.ts'
import { findDescription } from '../../registry/description.ts'
import { UnknownRepository } from './admit-api.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { actionsAllowed, mayField } from './may.ts'
import { mayInspect, oneRepository, placeOf, repositoryName, repositoryOf } from './repository-call.ts'
import { date, listOf, page, projectName, timedCursor } from './schemas.ts'

const repository = z.strictObject({
  name: repositoryName,
  bytes: z.int().describe('Of what it holds, each blob counted once.'),
  uniqueBytes: z
    .int()
    .optional()
    .describe('Of what no other repository holds; for administrators and auditors, as it tells of all the others.'),
  createdAt: date,
  updatedAt: date.describe('When a tag of it last moved.'),
})

/** Of each repository in a list. */
const MOST_TAGS = 1000

const query = page.extend({
  project: projectName.optional().describe('Only those that belong to this project.'),
  q: z.string().max(255).default('').describe('Only names that contain this, in whatever case.'),
  sort: z.enum(REPOSITORY_ORDERS).default('name').describe('By name, or by when a tag last moved, newest first.'),
})

function cursorOf(sort: RepositoryQuery['sort'], after: string): RepositoryQuery['after'] {
  if (after === '') return undefined
  if (sort !== '-updated') return { name: after, updatedAt: 0 }
  return timedCursor(after, (name, updatedAt) => ({ name, updatedAt }))
}

function keyOf(sort: RepositoryQuery['sort'], { name, updatedAt }: RepositorySummary): string {
  return sort === '-updated' ? `${updatedAt.getTime()}.${name}` : name
}

function toBody(
  { name, bytes, uniqueBytes, createdAt, updatedAt }: RepositorySummary,
  inspects: boolean,
): z.infer<typeof repository> {
  const dates = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
  return { name, bytes, ...(inspects ? { uniqueBytes } : {}), ...dates }
}

/** Looks on until the page is full, because most repositories may be none of the caller's business. */
async function visibleRepositories(
  m: Management,
  principal: Principal,
  { project, q, sort, after, limit }: z.infer<typeof query>,
): Promise<{ items: RepositorySummary[]; next?: string }> {
  const items: RepositorySummary[] = []
  let batchSize = (limit + 1) * (sort === '-updated' ? TIMES_BY_TIME : 1)
  for (let last = cursorOf(sort, after); ;) {
    const asked = { below: project, contains: q, sort, after: last, limit: batchSize }
    const batch = await listRepositorySummaries(m.database.reader, asked)
    const wanted = await namesWanted(m, principal, batch, project)
    for (const each of batch) {
      if (!wanted.has(each.name)) continue
      if (items.length === limit) return nextAfter(items, sort)
      items.push(each)
    }
    const end = batch.at(-1)
    if (end === undefined || batch.length < batchSize) return { items }
    last = { name: end.name, updatedAt: end.updatedAt.getTime() }
    // Whoever sees few of them is not to be kept waiting for many small queries.
    batchSize = MOST_AT_ONCE[sort]
  }
}

/** By time all are looked at to find the first of them: once is enough for who sees a quarter of them, … */
const TIMES_BY_TIME = 4
/** … and twice for everybody. */
const MOST_AT_ONCE = { name: 1000, '-name': 1000, '-updated': 100_000 }

function nextAfter(items: RepositorySummary[], sort: RepositoryQuery['sort']) {
  const last = items.at(-1)
  return { items, ...(last && { next: keyOf(sort, last) }) }
}

async function namesWanted(
  m: Management,
  principal: Principal,
  batch: readonly RepositorySummary[],
  project: string | undefined,
): Promise<Set<RepositoryName>> {
  const allowed = await m.authorizer.allowedIn(
    principal,
    'pull',
    batch.map(({ name }) => name),
  )
  if (project === undefined) return allowed
  for (const name of allowed) if ((await m.access.projectOf(name))?.name !== project) allowed.delete(name)
  return allowed
}

async function found(m: Management, name: RepositoryName): Promise<RepositorySummary> {
  const summary = await findRepositorySummary(m.database.reader, name)
  if (summary === undefined) throw new UnknownRepository(name)
  return summary
}

export const repositoryRoutes: readonly ApiRoute[] = [
  define('GET /repositories', {
    id: 'listRepositories',
    access: 'visible',
    summary: 'The repositories that hold images and that the caller may pull from.',
    query,
    response: listOf(repository.extend({ tags: z.int().describe(`How many, counted up to ${MOST_TAGS}.`) })),
    handle: async ({ m, principal, query: asked }) => {
      const { items, ...rest } = await visibleRepositories(m, principal, asked)
      const inspects = await mayInspect({ m, principal })
      const ids = items.map(({ id }) => id)
      const tags = await countTagsOf(m.database.reader, ids, MOST_TAGS)
      return { items: items.map((each) => ({ ...toBody(each, inspects), tags: tags.get(each.id) ?? 0 })), ...rest }
    },
  }),
  define('GET /repositories/{repository}', {
    id: 'getRepository',
    access: 'repository:pull',
    summary: 'One repository.',
    parameters: oneRepository,
    response: repository.extend({
      tags: z.int().describe('How many.'),
      project: projectName.optional().describe('The one that it belongs to.'),
      description: z.string().optional().describe('What its newest tag says that it is.'),
      may: mayField,
    }),
    handle: async (call) => {
      const name = repositoryOf(call)
      const summary = await found(call.m, name)
      const project = (await call.m.access.projectOf(name))?.name
      const place = { repository: name, repositoryId: summary.id }
      const description = await findDescription(call.registry, place)
      return {
        ...toBody(summary, await mayInspect(call)),
        tags: await countTagsIn(call.m.database.reader, summary.id),
        ...(project !== undefined && { project }),
        ...(description !== undefined && { description }),
        may: await actionsAllowed(call, { repository: name }),
      }
    },
  }),
  define('DELETE /repositories/{repository}', {
    id: 'deleteRepository',
    access: 'repository:delete',
    summary: 'Deletes a repository with all that is in it. It can be restored until the date in the answer.',
    parameters: oneRepository,
    response: z.strictObject({ deletion: z.int(), restorableUntil: date }),
    handle: async (call) => {
      await found(call.m, repositoryOf(call))
      const deletion = await deleteRepository(call.registry, placeOf(call), '')
      const entry = await findBinEntry(call.m.database.reader, deletion)
      const until = entry?.purgeAt ?? call.m.clock.now()
      return { deletion, restorableUntil: until.toISOString() }
    },
  }),
]
