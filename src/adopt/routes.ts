import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { type Adoption, adoptAgain, adoptionProblems, adoptions } from './status.ts'

const MAX_PROBLEMS = 1000

const adoption = z.strictObject({
  place: z.string().describe('As the configuration names it.'),
  state: z
    .enum(['listing', 'reading', 'done'])
    .describe('Its repositories are being listed; are being read; are all known, and the place is not asked any more.'),
  round: z.int().describe('How many times it was looked at, this one included.'),
  repositories: z.int(),
  done: z.int().describe('Repositories that were read in this round.'),
  manifests: z.int(),
  tags: z.int(),
  problems: z.int().describe('Tags and manifests that could not be adopted.'),
  startedAt: date,
  endedAt: date.optional(),
  problem: z.string().optional().describe('Why the place cannot be read at the moment.'),
})
const problem = z.strictObject({
  repository: z.string(),
  subject: z.string().describe('A tag, or the digest of a manifest.'),
  problem: z.string(),
})
const onePlace = z.strictObject({ place: z.string().max(64).describe('Name of an adopted place.') })

function toBody({ name: place, startedAt, endedAt, ...rest }: Adoption): z.infer<typeof adoption> {
  return { place, ...rest, startedAt: startedAt.toISOString(), endedAt: endedAt?.toISOString() }
}

export const adoptRoutes: readonly ApiRoute[] = [
  define('GET /adoptions', {
    id: 'listAdoptions',
    access: 'inspect',
    summary: 'The places of other registries that are served where they lie, and how much of each is known.',
    response: listOf(adoption),
    handle: async ({ m }) => ({ items: (await adoptions(m.database.reader)).map(toBody) }),
  }),
  define('GET /adoptions/{place}/problems', {
    id: 'listAdoptionProblems',
    access: 'inspect',
    summary: `What of a place could not be adopted, and why; ${MAX_PROBLEMS} at most.`,
    parameters: onePlace,
    response: listOf(problem),
    handle: async ({ m, parameters }) => ({
      items: await adoptionProblems(m.database.reader, parameters.place, MAX_PROBLEMS),
    }),
  }),
  define('POST /adoptions/{place}/again', {
    id: 'adoptAgain',
    access: 'administer',
    summary: 'Looks at all of a place once more, for what came since. Tags that were changed here stay as they are.',
    parameters: onePlace,
    handle: async (call) => adoptAgain(call.m, call, call.parameters.place),
  }),
]
