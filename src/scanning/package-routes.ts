import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { imageAt, oneImage } from '../http/api/image-call.ts'
import { date, listOf, page, paged } from '../http/api/schemas.ts'
import { loadInventory } from '../inventory/load.ts'
import { Problem } from '../lib/problem.ts'
import { PACKAGE_TYPES } from '../packages/package.ts'
import { purlOf } from '../packages/package-purl.ts'
import { chooseImage, platformQuery } from '../inventory/choose-image.ts'
import { searchImages } from './search.ts'

const packageBody = z.strictObject({
  purl: z.string(),
  type: z.enum(PACKAGE_TYPES),
  name: z.string(),
  version: z.string(),
  source: z.strictObject({ name: z.string(), version: z.string() }).optional(),
  arch: z.string().optional(),
  licenses: z.array(z.string()).optional(),
  path: z.string().describe('The file that tells of it.'),
  layer: z.string().describe('The first layer that has it.'),
})

const inventoryBody = z.strictObject({
  digest: z.string(),
  state: z.enum(['complete', 'partial', 'unsupported', 'failed']),
  reasons: z.array(z.string()),
  os: z.strictObject({ id: z.string(), versionId: z.string(), prettyName: z.string().optional() }).optional(),
  platform: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  created: z.string().optional(),
  base: z.strictObject({ name: z.string().optional(), digest: z.string().optional() }).optional(),
  user: z.string().optional(),
  analyzedAt: date,
  packages: z.array(packageBody),
  total: z.int().describe('How many there are, of those that were asked for.'),
  next: z.string().optional().describe('Pass it as "after" for the next page; absent on the last.'),
})

const NOT_KNOWN = 'nobody looked into this image yet, or not all of it is here: its report says which'

export const packageRoutes: readonly ApiRoute[] = [
  define('GET /repositories/{repository}/images/{reference}/inventory', {
    id: 'getInventory',
    access: 'repository:pull',
    summary: 'What is inside of an image: its packages by package URL, its system, its configuration.',
    parameters: oneImage,
    query: page.extend({
      platform: platformQuery,
      q: z.string().max(255).default('').describe('Only packages whose URL has this.'),
      after: z.string().max(4096).default('').describe('Only what comes after this key.'),
    }),
    response: inventoryBody,
    handle: async (call) => {
      const { reader } = call.registry.database
      const at = await imageAt(call)
      const chosen = await chooseImage(reader, at, call.query.platform)
      const inventory = await loadInventory(reader, at.spot, chosen)
      if (inventory === undefined) throw new Problem('not-found', NOT_KNOWN)
      const { digest, state, facts, packages, analyzedAt } = inventory
      const { reasons, layers: _, os, ...rest } = facts
      const wanted = call.query.q.toLowerCase()
      const found = packages
        .map(({ qualifiers: _qualifiers, licenses, ...each }) => ({
          ...each,
          purl: purlOf(each, os),
          ...(licenses && { licenses: [...licenses] }),
        }))
        .filter(({ purl }) => purl.toLowerCase().includes(wanted))
      const keyed = found
        .map((each) => ({ ...each, key: `${each.purl} ${each.path}` }))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .filter(({ key }) => key > call.query.after)
      const { items, next } = paged(keyed.slice(0, call.query.limit + 1), call.query.limit, ({ key }) => key)
      return {
        ...{ digest, state, reasons, ...rest, analyzedAt: analyzedAt.toISOString() },
        ...(os && {
          os: { id: os.id, versionId: os.versionId, ...(os.prettyName !== undefined && { prettyName: os.prettyName }) },
        }),
        packages: items.map(({ key: _key, ...each }) => each),
        total: found.length,
        ...(next === undefined ? {} : { next }),
      }
    },
  }),
  define('GET /packages', {
    id: 'findPackages',
    access: 'signed-in',
    summary: 'Which images, of those that the caller may pull, have a package, or a vulnerability.',
    query: page.extend({
      name: z.string().max(512).optional().describe('Exact name of the package, as its ecosystem writes it.'),
      type: z.enum(PACKAGE_TYPES).optional(),
      below: z.string().max(255).optional().describe('Only versions before this one, in the order of its ecosystem.'),
      vulnerability: z.string().max(100).optional().describe('Only packages with this one: CVE-2024-3094.'),
      after: z.string().max(600).default('').describe('The "next" of the page before.'),
    }),
    response: listOf(
      z.strictObject({
        repository: z.string(),
        digest: z.string(),
        tags: z.array(z.string()),
        purl: z.string(),
        type: z.string(),
        name: z.string(),
        version: z.string(),
      }),
    ),
    handle: async (call) => {
      const { after, limit, ...question } = call.query
      const { items, next } = await searchImages(call.registry.database, question, {
        ...{ after, limit },
        mayPull: async (repository) => (await call.m.authorizer.allows(call.principal, 'pull', { repository })).allowed,
      })
      return {
        items: items.map(({ package: { purl, type, name, version }, ...place }) => ({
          ...{ ...place, tags: [...place.tags], purl, type, name, version },
        })),
        ...(next === undefined ? {} : { next }),
      }
    },
  }),
]
