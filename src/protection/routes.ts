import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { MAX_IMAGES, MAX_SECONDS, MIN_SECONDS, protect, unprotect } from './manage-protections.ts'
import { listHolders } from './store.ts'

const holderName = z.string().max(128).describe('Who uses the images: a cluster, a pipeline.')
const oneHolder = oneProject.extend({ holder: holderName })
const count = z.int().describe('How many manifests are protected.')
const until = date.describe('When they are no longer protected, unless the holder says so again before.')

/** The longest name with the longest digest, and what JSON puts around it. */
const IMAGE_BYTES = 600

export const protectionRoutes: readonly ApiRoute[] = [
  define('GET /projects/{project}/protections', {
    id: 'listProtections',
    access: 'see',
    summary: 'Who says that images of a project are in use, how many, and until when.',
    parameters: oneProject,
    response: listOf(z.strictObject({ holder: holderName, images: count, until })),
    handle: async (call) => {
      const holders = await listHolders(call.m.database.reader, projectOf(call).id, call.m.clock.now())
      return {
        items: holders.map(({ name, images, until: end }) => ({ holder: name, images, until: end.toISOString() })),
      }
    },
  }),
  define('PUT /projects/{project}/protections/{holder}', {
    id: 'protectImages',
    access: 'see',
    summary:
      'Says which images a holder uses: they are not deleted while it does. Replaces what it said before; takes the right "protect" in each repository.',
    parameters: oneHolder,
    maxBodyBytes: MAX_IMAGES * IMAGE_BYTES,
    body: z.strictObject({
      images: z
        .array(z.string().max(IMAGE_BYTES))
        .max(MAX_IMAGES)
        .describe('All of them, as "team/app@sha256:…" or "team/app:v1", without the registry’s host.'),
      for: z.int().min(MIN_SECONDS).max(MAX_SECONDS).describe('Seconds.'),
    }),
    response: z.strictObject({
      holder: holderName,
      images: count,
      until,
      missing: z.array(z.string()).describe('Of the images those that are not in this project.'),
    }),
    handle: async (call) => {
      const { images, for: seconds } = call.body
      const { holder } = call.parameters
      const done = await protect(call.m, call, projectOf(call), { holder, images, seconds })
      return { holder, images: done.count, until: done.until.toISOString(), missing: done.missing }
    },
  }),
  define('DELETE /projects/{project}/protections/{holder}', {
    id: 'unprotectImages',
    access: 'see',
    summary: 'Ends what a holder protects. For whoever made it, and for owners of the project.',
    parameters: oneHolder,
    handle: async (call) => unprotect(call.m, call, projectOf(call), call.parameters.holder),
  }),
]
