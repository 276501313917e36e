import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { UnknownRepository } from '../http/api/admit-api.ts'
import { oneRepository, repositoryName, repositoryOf, tagName } from '../http/api/repository-call.ts'
import { date, projectName } from '../http/api/schemas.ts'
import { countDeletions, sumTrash } from '../metadata/registry-counts.ts'
import { findRepositorySummary } from '../metadata/repository-details.ts'
import { LargestTags, type TagUsage } from '../registry/tag-usage.ts'
import { countedTotals } from '../registry/totals.ts'
import { countedUsage } from './registry-usage.ts'
import { daysBefore, MAX_DAYS } from './sample-usage.ts'
import { listRegistryUsage } from './usage-store.ts'

const MAX_TAGS = 50
const logical = z.int().describe('As if repositories shared nothing.')
const held = {
  bytes: z.int(),
  uniqueBytes: z.int().describe('Of what no other repository holds: deleting frees them.'),
}
const usage = z.strictObject({
  storedBytes: z.int().describe('Of blobs, each once.'),
  logicalBytes: logical,
  ...{ blobs: z.int(), tags: z.int(), repositories: z.int() },
  recycleBin: z.strictObject({
    deletions: z.int(),
    bytes: z.int().describe('Of what nothing visible holds any more: gone when the bin is emptied, at the latest.'),
  }),
  trash: z
    .strictObject({ objects: z.int(), bytes: z.int() })
    .describe('Already nobody’s, and removed from the store as soon as no download can be reading them.'),
  countedAt: date.describe('Where there is very much, a while ago.'),
  projects: z
    .array(
      z.strictObject({
        project: projectName.optional().describe('Absent: the repositories that belong to none.'),
        repositories: z.int(),
        bytes: z.int().describe('Summed over its repositories.'),
        uniqueBytes: z.int().describe('Of what only one repository holds, summed.'),
      }),
    )
    .describe('The 50 that hold most alone, that one first.'),
  largest: z
    .array(z.strictObject({ repository: repositoryName, ...held }))
    .describe('The 50 repositories that hold most alone, that one first.'),
})

/** Of the whole registry. */
export function registryUsageRoutes(): readonly ApiRoute[] {
  const [totals, repositories, largest] = [countedTotals(), countedUsage(), new LargestTags()]
  return [
    define('GET /usage', {
      id: 'getRegistryUsage',
      access: 'inspect',
      summary: 'What the whole registry holds, what sharing saves, what waits to go, and who holds most.',
      response: usage,
      handle: async ({ registry }) => {
        const { reader } = registry.database
        const [{ value: all, countedAt }, { value: by }, trash, deletions] = await Promise.all([
          totals.get(registry),
          repositories.get(registry),
          sumTrash(reader),
          countDeletions(reader),
        ])
        const { storedBytes, blobs, tags, unheldBytes } = all
        return {
          ...{ storedBytes, blobs, tags, trash, countedAt: countedAt.toISOString() },
          ...{ logicalBytes: by.logicalBytes, repositories: by.repositories, largest: by.largest },
          recycleBin: { deletions, bytes: unheldBytes + by.deletedBytes },
          projects: by.projects.map(({ project, ...rest }) => ({ ...rest, ...(project !== '' && { project }) })),
        }
      },
    }),
    define('GET /repositories/{repository}/usage', {
      id: 'getRepositoryUsage',
      access: 'repository:pull',
      summary: `The tags of a repository that hold most alone; ${MAX_TAGS} at most.`,
      parameters: oneRepository,
      response: z.strictObject({
        bytes: z.int().describe('Of what the repository holds, each blob counted once.'),
        items: z
          .array(
            z.strictObject({
              ...{ tag: tagName, digest: z.string(), pushedAt: date },
              bytes: z
                .int()
                .describe('Of blobs that no other tag of the repository needs; other repositories may hold them too.'),
            }),
          )
          .describe('That one first; tags that hold nothing alone are absent.'),
        isComplete: z.boolean().describe('False: there are very many blobs, and the smaller ones were left out.'),
      }),
      handle: async (call) => {
        const { reader } = call.registry.database
        const repository = await findRepositorySummary(reader, repositoryOf(call))
        if (repository === undefined) throw new UnknownRepository(repositoryOf(call))
        const { items, isComplete } = await largest.of(reader, repository.id, MAX_TAGS)
        const toItem = ({ pushedAt, ...rest }: TagUsage) => ({ ...rest, pushedAt: pushedAt.toISOString() })
        return { bytes: repository.bytes, items: items.map(toItem), isComplete }
      },
    }),
    define('GET /usage/history', {
      id: 'listRegistryUsageHistory',
      access: 'inspect',
      summary: 'What the whole registry held day by day, oldest first; days without a look are absent.',
      query: z.strictObject({
        days: z.coerce.number().int().min(1).max(MAX_DAYS).default(90).describe('How far back.'),
      }),
      response: z.strictObject({
        items: z.array(
          z.strictObject({
            day: z.iso.date(),
            storedBytes: z.int().describe('Of blobs, each once.'),
            logicalBytes: logical,
            ...{ repositories: z.int(), tags: z.int() },
          }),
        ),
      }),
      handle: async ({ m, query }) => ({
        items: await listRegistryUsage(m.database.reader, daysBefore(m.clock.now(), query.days), MAX_DAYS + 1),
      }),
    }),
  ]
}
