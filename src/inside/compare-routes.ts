import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { type ImageAt, imageIn, secondImage, secondRepository } from '../http/api/image-call.ts'
import { oneRepository } from '../http/api/repository-call.ts'
import { chooseImage, platformQuery } from '../inventory/choose-image.ts'
import { CHANGES } from '../inventory/compare/compare-files.ts'
import type { ImageComparison } from '../inventory/compare/compare.ts'
import { KINDS } from '../inventory/layer-inventory.ts'
import { normalPath } from '../inventory/layer/entry-path.ts'
import { Problem } from '../lib/problem.ts'
import { REPORT_STATES } from '../inventory/finding.ts'
import { SEVERITIES } from '../packages/severity.ts'
import { askInside, type ImageToLookInto } from './apart.ts'

/** Of packages and of vulnerabilities, in each list. */
const MAX_LISTED = 1000

const reasons = z.array(z.string())
const total = z.strictObject({ count: z.int(), bytes: z.int() })
const totals = { added: total, removed: total, changed: total }
const listed = z.strictObject({ added: z.int(), removed: z.int(), changed: z.int() })
const image = z.strictObject({
  repository: z.string(),
  digest: z.string(),
  state: z
    .enum(['complete', 'partial', 'unsupported', 'failed', 'waiting'])
    .describe('Anything but "complete": there may be more than what is said; "waiting": nobody looked into it yet.'),
  reasons,
  sizeBytes: z.int().describe('As it is pulled: its configuration and layers.'),
})
const packageVersion = z.strictObject({ type: z.string(), name: z.string(), version: z.string() })
const finding = z.strictObject({
  vulnerability: z.string(),
  severity: z.enum(SEVERITIES),
  package: z.string(),
  version: z.string(),
  purl: z.string(),
  fixedVersion: z.string().optional(),
  suppressed: z.boolean().describe('Somebody judged it to be none.'),
})
const trust = z.strictObject({ state: z.enum(REPORT_STATES), reasons })

const fileState = z.strictObject({
  kind: z.enum(KINDS),
  sizeBytes: z.int(),
  mode: z.int().describe('Permission bits.'),
  uid: z.int().optional(),
  gid: z.int().optional(),
  link: z.string().optional(),
  hash: z.string().optional().describe('Of a file’s content, the first 16 hex digits of its SHA-256.'),
})
const trusted = z.strictObject({ state: z.enum(['complete', 'partial', 'failed']), reasons })
const fileTotals = z.strictObject({
  before: trusted.describe('Anything but "complete": files may be missing.'),
  after: trusted,
  ...totals,
  bytesBefore: z.int(),
  bytesAfter: z.int(),
})
const comparedFiles = fileTotals.extend({
  items: z.array(
    z.strictObject({
      path: z.string(),
      change: z.enum(CHANGES),
      before: fileState.optional(),
      after: fileState.optional(),
    }),
  ),
  next: z.string().optional().describe('Pass it as "after" for the next page; absent on the last.'),
})

const images = z.strictObject({
  from: z.string().max(200).describe('A tag, or a digest.'),
  to: z.string().max(200),
  with: secondRepository,
  platform: platformQuery,
})

const comparison = z.strictObject({
  before: image,
  after: image,
  configuration: z
    .array(z.strictObject({ name: z.string(), before: z.string().optional(), after: z.string().optional() }))
    .describe('What differs, by name: "user", "entrypoint", "env PATH", "label NAME", "port 80/tcp", "volume /data" …'),
  layers: z.strictObject({
    ...{ common: total, added: total, removed: total },
    items: z.array(
      z.strictObject({
        digest: z.string(),
        sizeBytes: z.int(),
        mediaType: z.string(),
        change: z.enum(['common', 'added', 'removed']),
      }),
    ),
  }),
  packages: z
    .strictObject({
      counts: listed,
      unchanged: z.int(),
      added: z.array(packageVersion),
      removed: z.array(packageVersion),
      changed: z.array(
        z.strictObject({
          type: z.string(),
          name: z.string(),
          before: z.string(),
          after: z.string(),
          direction: z.enum(['up', 'down', 'same']).optional(),
        }),
      ),
    })
    .optional()
    .describe(`Once both were looked into; the first ${MAX_LISTED} of each list.`),
  files: fileTotals.optional().describe('Once both were looked into; each file is told of by compare/files.'),
  vulnerabilities: z
    .strictObject({
      counts: z.strictObject({ fixed: z.int(), introduced: z.int() }),
      remaining: z.int(),
      fixed: z.array(finding),
      introduced: z.array(finding),
      before: trust,
      after: trust,
    })
    .optional()
    .describe(`Once there are reports of both that know anything; the worst ${MAX_LISTED} of each list.`),
})

export function compareRoutes(config: () => Config): readonly ApiRoute[] {
  return [
    define('GET /repositories/{repository}/compare', {
      id: 'compareImages',
      access: 'repository:pull',
      summary: 'What changed between two images: configuration, layers, packages, vulnerabilities, how many files.',
      parameters: oneRepository,
      query: images,
      response: comparison,
      handle: async (call) => {
        const both = await imagesOf(call)
        call.http.takeTheTime()
        return shortened((await askInside(config(), { task: 'compare', ...both })) as ImageComparison)
      },
    }),
    define('GET /repositories/{repository}/compare/files', {
      id: 'compareFiles',
      access: 'repository:pull',
      summary: 'Files that came, went or changed from one image to another, by path. Neither need have been scanned.',
      parameters: oneRepository,
      query: images.extend({
        path: z.string().max(4096).default('/').describe('Only what is in this folder, at any depth.'),
        q: z.string().min(1).max(255).optional().describe('Only paths that have this.'),
        kind: z.enum(KINDS).optional().describe('Only what is of this kind in one of both.'),
        change: z.enum(CHANGES).optional(),
        after: z.string().max(4096).default('').describe('The "next" of the page before.'),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      response: comparedFiles,
      handle: async (call) => {
        const { path, q, kind, change, after, limit } = call.query
        const folder = normalPath(path)
        if (folder === undefined) throw new Problem('invalid', 'the path leads out of the image')
        const both = await imagesOf(call)
        call.http.takeTheTime()
        const page = { after, limit, folder, q, kind, change }
        return comparedFiles.parse(await askInside(config(), { task: 'compare-files', ...both, page }))
      },
    }),
  ]
}

type Call = Parameters<typeof secondImage>[0] & { readonly query: z.infer<typeof images> }

async function imagesOf(call: Call): Promise<{ readonly from: ImageToLookInto; readonly to: ImageToLookInto }> {
  const { from, to, with: other, platform } = call.query
  const chosen = async ({ spot, head }: ImageAt) => {
    const { reader } = call.registry.database
    return { spot, digest: await chooseImage(reader, { spot, head }, platform) }
  }
  return { from: await chosen(await imageIn(call, from)), to: await chosen(await secondImage(call, to, other)) }
}

function shortened({ packages, vulnerabilities, ...rest }: ImageComparison) {
  const first = <T>(items: readonly T[]) => items.slice(0, MAX_LISTED)
  return {
    ...rest,
    ...(packages && {
      packages: {
        counts: countsOf(packages),
        unchanged: packages.unchanged,
        ...{ added: first(packages.added), removed: first(packages.removed), changed: first(packages.changed) },
      },
    }),
    ...(vulnerabilities && {
      vulnerabilities: {
        ...vulnerabilities,
        counts: { fixed: vulnerabilities.fixed.length, introduced: vulnerabilities.introduced.length },
        ...{ fixed: first(vulnerabilities.fixed), introduced: first(vulnerabilities.introduced) },
      },
    }),
  }
}

function countsOf({ added, removed, changed }: NonNullable<ImageComparison['packages']>) {
  return { added: added.length, removed: removed.length, changed: changed.length }
}
