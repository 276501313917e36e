import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date } from '../http/api/schemas.ts'
import { MAX_HOLDERS, MAX_LISTED, scrubStatus } from './status.ts'

const counts = { blobs: z.int(), bytes: z.int(), damaged: z.int(), startedAt: date }

export const scrubRoutes: readonly ApiRoute[] = [
  define('GET /scrub', {
    id: 'getScrub',
    access: 'inspect',
    summary: 'Whether stored bytes are what they were: how far they were read again, and which are damaged.',
    response: z.strictObject({
      pass: z
        .strictObject({ ...counts, through: z.string().describe('All digests up to this one were read.') })
        .optional()
        .describe('The one that is running.'),
      lastPass: z.strictObject({ ...counts, endedAt: date }).optional(),
      damaged: z
        .array(
          z.strictObject({
            digest: z.string(),
            bytes: z.int(),
            since: date,
            repositories: z.array(z.string()).describe(`That hold it; ${MAX_HOLDERS} at most.`),
            moreRepositories: z.int().describe('How many others hold it.'),
          }),
        )
        .describe(`Not served until an image with them is pushed again, which mends them; ${MAX_LISTED} at most.`),
    }),
    handle: async ({ registry }) => {
      const { pass, lastPass, damaged } = await scrubStatus(registry)
      return {
        pass: pass && { ...countsOf(pass), through: pass.cursor },
        lastPass: lastPass && { ...countsOf(lastPass), endedAt: new Date(lastPass.endedAt).toISOString() },
        damaged: damaged.map(({ digest, sizeBytes, since, holders }) => ({
          digest,
          bytes: sizeBytes,
          since: since.toISOString(),
          repositories: [...holders.names],
          moreRepositories: holders.others,
        })),
      }
    },
  }),
]

interface Counts {
  readonly blobs: number
  readonly bytes: number
  readonly damaged: number
  readonly startedAt: number
}

function countsOf({ blobs, bytes, damaged, startedAt }: Counts) {
  return { blobs, bytes, damaged, startedAt: new Date(startedAt).toISOString() }
}
