import { z } from 'zod'
import type { Authorizer } from '../access/authorizer.ts'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { listOf } from '../http/api/schemas.ts'
import type { Database } from '../metadata/db.ts'
import { KINDS, parseCursor, parseKinds, parseQuery } from './query.ts'
import { search } from './search.ts'
import { Sights } from './sight.ts'

const found = z.strictObject({
  kind: z.enum(KINDS),
  repository: z.string(),
  tag: z.string().optional(),
  digest: z.string().optional(),
  matched: z
    .strictObject({ name: z.string(), value: z.string() })
    .describe('By what it was found: a label’s name and value, a package’s name and version.'),
})

const query = z.strictObject({
  q: z.string().max(1000).describe('What to search for: 200 characters at most.'),
  kinds: z
    .string()
    .max(200)
    .default('')
    .describe(`Only these, with commas between them: ${KINDS.join(', ')}.`),
  after: z.string().max(1000).default('').describe('"next" of the page before.'),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many at most.'),
})

const sights = new WeakMap<Database, Sights>()

/** One for a database, as it remembers. */
export function sightsOf(database: Database, authorizer: Authorizer): Sights {
  const known = sights.get(database) ?? new Sights(database, authorizer)
  sights.set(database, known)
  return known
}

export const searchRoutes: readonly ApiRoute[] = [
  define('GET /search', {
    id: 'search',
    access: 'signed-in',
    summary:
      'Repositories, tags, digests, labels, annotations, packages and vulnerabilities that begin with, or have, what is searched for, among what the caller may pull.',
    query,
    response: listOf(found),
    handle: async ({ m, principal, query: asked }) => {
      const request = {
        query: parseQuery(asked.q),
        kinds: parseKinds(asked.kinds),
        after: parseCursor(asked.after),
        limit: asked.limit,
      }
      const sight = await sightsOf(m.database, m.authorizer).of(principal)
      return search(m.database.reader, sight, request)
    },
  }),
]
