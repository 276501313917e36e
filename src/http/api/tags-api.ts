import { z } from 'zod'
import type { Management } from '../../access/management.ts'
import { findRepository, type RepositoryId } from '../../metadata/repositories.ts'
import {
  countTagsIn,
  findTagSummary,
  listTagSummaries,
  TAG_ORDERS,
  type TagQuery,
  type TagSummary,
} from '../../metadata/repository-details.ts'
import { Problem } from '../../lib/problem.ts'
import type { Digest } from '../../oci/digest.ts'
import { parseManifest } from '../../oci/manifest.ts'
import { isTag, parseTag, type RepositoryName, type Tag } from '../../oci/name.ts'
import { deleteManifest } from '../../registry/delete-content.ts'
import { platformImages } from '../../registry/platforms.ts'
import type { Registry } from '../../registry/registry.ts'
import { retag } from '../../registry/retag.ts'
import { UnknownRepository } from './admit-api.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { oneRepository, oneTag, placeOf, refusalOf, repositoryOf, tagName } from './repository-call.ts'
import { date, listOf, page, paged, timedCursor } from './schemas.ts'

const tag = z.strictObject({
  name: tagName,
  digest: z.string(),
  mediaType: z.string(),
  imageBytes: z.int().optional().describe('Manifest, config and layers together; absent for an index.'),
  platforms: z
    .array(z.string())
    .optional()
    .describe('What it runs on, as it says: linux/arm64/v8, …; of an index that is not very large all of them.'),
  pushedAt: date.describe('When it was last set.'),
  pulledAt: date.optional().describe('When it was last pulled by this name, to within a minute.'),
})

type Platforms = ReadonlyMap<Digest, string>

function toBody(
  { pushedAt, pulledAt, imageBytes, indexContent, name, digest, mediaType }: TagSummary,
  platforms: Platforms,
): z.infer<typeof tag> {
  const platform = platforms.get(digest)
  return {
    ...{ name, digest, mediaType, pushedAt: pushedAt.toISOString() },
    ...(indexContent !== undefined && { platforms: platformsIn(indexContent) }),
    ...(platform !== undefined && { platforms: [platform] }),
    ...(imageBytes === undefined ? {} : { imageBytes }),
    ...(pulledAt === undefined ? {} : { pulledAt: pulledAt.toISOString() }),
  }
}

/** Each once; what says nothing of platforms, and attestations, are none. */
function platformsIn(content: Uint8Array): string[] {
  const images = platformImages(parseManifest(content, undefined), content)
  const named = images.flatMap(({ platform, belongsTo }) => (platform && belongsTo === undefined ? [platform] : []))
  return [...new Set(named)]
}

const query = page.extend({
  q: z.string().max(128).default('').describe('Only names that contain this, in whatever case.'),
  sort: z.enum(TAG_ORDERS).default('name').describe('By name or by when they were set; with "-" from the end.'),
})

/** Where the next page goes on: a name, or with the order by time `<ms>.<name>`. @throws Problem */
function cursorOf({ after, sort }: z.infer<typeof query>): TagQuery['after'] {
  if (after === '') return undefined
  if (sort.endsWith('name')) return { name: after, pushedAt: 0 }
  return timedCursor(after, (name, pushedAt) => ({ name, pushedAt }))
}

/** @throws Problem */
async function idOf({ database }: Management, name: RepositoryName): Promise<RepositoryId> {
  const id = await findRepository(database.reader, name)
  if (id === undefined) throw new UnknownRepository(name)
  return id
}

interface TagCall {
  readonly m: Management
  readonly registry: Registry
  readonly repository: RepositoryName | undefined
}

async function readTag(call: TagCall, name: string): Promise<z.infer<typeof tag>> {
  const repository = repositoryOf(call)
  const id = await idOf(call.m, repository)
  const summary = isTag(name) ? await findTagSummary(call.m.database.reader, id, name) : undefined
  if (summary === undefined) throw noTag(repository, name)
  return toBody(summary, await platformsOf(call, id, [summary]))
}

/** Of those that are single images: an index says it itself. */
async function platformsOf(call: TagCall, repositoryId: RepositoryId, tags: readonly TagSummary[]): Promise<Platforms> {
  const images = tags.filter(({ imageBytes }) => imageBytes !== undefined).map(({ digest }) => digest)
  return call.registry.platforms.of(call.registry, { repository: repositoryOf(call), repositoryId }, images)
}

function noTag(repository: RepositoryName, name: string): Problem {
  return new Problem('not-found', `there is no tag "${name}" in ${repository}`)
}

export const tagRoutes: readonly ApiRoute[] = [
  define('GET /repositories/{repository}/tags', {
    id: 'listTags',
    access: 'repository:pull',
    summary: 'The tags of a repository.',
    parameters: oneRepository,
    query,
    response: listOf(tag).extend({ total: z.int().optional().describe('Of all tags; on the first page of all.') }),
    handle: async (call) => {
      const { limit, sort, q, after } = call.query
      const { reader } = call.m.database
      const id = await idOf(call.m, repositoryOf(call))
      const asked = { sort, contains: q, after: cursorOf(call.query), limit: limit + 1 }
      const { items, ...next } = paged(await listTagSummaries(reader, id, asked), limit, (each) =>
        sort.endsWith('name') ? each.name : `${each.pushedAt.getTime()}.${each.name}`,
      )
      const total = after === '' && q === '' ? { total: await countTagsIn(reader, id) } : {}
      const platforms = await platformsOf(call, id, items)
      return { items: items.map((each) => toBody(each, platforms)), ...next, ...total }
    },
  }),
  define('GET /repositories/{repository}/tags/{tag}', {
    id: 'getTag',
    access: 'repository:pull',
    summary: 'One tag.',
    parameters: oneTag,
    response: tag,
    handle: async (call) => readTag(call, call.parameters.tag),
  }),
  define('PUT /repositories/{repository}/tags/{tag}', {
    id: 'setTag',
    access: 'repository:push',
    summary: 'Sets a tag to a manifest that is in the repository. To move one that is there takes "overwrite".',
    parameters: oneTag,
    body: z.strictObject({ from: z.string().max(300).describe('A tag or digest of the same repository.') }),
    response: tag,
    handle: async (call) => {
      const name: Tag = parseTag(call.parameters.tag)
      const refusals = { overwrite: await refusalOf(call, 'overwrite') }
      await retag(call.registry, placeOf(call), { tags: [name], from: call.body.from, reason: 'set', refusals })
      return readTag(call, name)
    },
  }),
  define('DELETE /repositories/{repository}/tags/{tag}', {
    id: 'deleteTag',
    access: 'repository:delete',
    summary: 'Deletes a tag; what it named stays for as long as gc.untagged says, and its history stays.',
    parameters: oneTag,
    handle: async (call) => {
      const name = call.parameters.tag
      await idOf(call.m, repositoryOf(call))
      // A digest would be the manifest itself.
      if (!isTag(name)) throw noTag(repositoryOf(call), name)
      await deleteManifest(call.registry, placeOf(call), name)
    },
  }),
]
