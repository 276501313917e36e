import { z } from 'zod'
import { findManifestDetails, listReferrerRecords } from '../../metadata/manifests.ts'
import { tagsOnPage } from '../../metadata/manifest-graph.ts'
import { findDeletedManifest } from '../../metadata/what-was-deleted.ts'
import { Problem } from '../../lib/problem.ts'
import { isDigest } from '../../oci/digest.ts'
import { deleteManifest } from '../../registry/delete-content.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { isObject } from '../../oci/strict-json.ts'
import { buildSteps, type BuildStep, type ImageSettings, readImageSettings } from '../../registry/image-settings.ts'
import { platformImages } from '../../registry/platforms.ts'
import { readOrSupplyManifest } from '../../registry/pull-through.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { imageAt, oneImage } from './image-call.ts'
import { placeOf, repositoryOf } from './repository-call.ts'
import { date, listOf, paged } from './schemas.ts'

const annotations = z.record(z.string(), z.string())
const descriptor = z.strictObject({ digest: z.string(), mediaType: z.string(), size: z.int() })
const platform = z.string().describe('linux/arm64/v8')

const imageConfig = z.strictObject({
  platform: platform.optional(),
  created: z.string().optional().describe('As the image says it: anything.'),
  author: z.string().optional(),
  user: z.string().optional(),
  workdir: z.string().optional(),
  env: z.array(z.string()),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  exposedPorts: z.array(z.string()),
  volumes: z.array(z.string()),
  labels: annotations,
})

const layer = z.strictObject({
  empty: z.boolean().describe('A step of the build that made no layer: it has no digest.'),
  digest: z.string().optional(),
  mediaType: z.string().optional(),
  size: z.int().optional(),
  title: z.string().optional().describe('The name of the file that it is, where the manifest says so.'),
  createdBy: z.string().optional().describe('Absent where the history does not fit the layers.'),
  created: z.string().optional(),
  comment: z.string().optional(),
})

const MAX_TAGS = 100
const imageBody = z.strictObject({
  ...descriptor.shape,
  kind: z.enum(['image', 'index']),
  artifactType: z.string().optional(),
  annotations,
  subject: descriptor.optional().describe('What it is about.'),
  pushedAt: date.describe('When it was last pushed.'),
  tags: z.array(z.string()).describe(`That name it; the first ${MAX_TAGS}.`),
  moreTags: z.boolean(),
  platforms: z
    .array(descriptor.extend({ platform: platform.optional() }))
    .optional()
    .describe('Of an index.'),
  config: imageConfig.optional().describe('Of an image, where it has one that can be read.'),
  layers: z.array(layer).optional().describe('Of an image: its history, lowest layer first.'),
  totalBytes: z.int().optional().describe('Of an image: manifest, config and layers together.'),
})

const referrer = descriptor.extend({ artifactType: z.string().optional(), annotations, pushedAt: date })

function toConfig({ os, architecture, variant, created, author, config }: ImageSettings): z.infer<typeof imageConfig> {
  return {
    ...(os && architecture && { platform: [os, architecture, variant].filter(Boolean).join('/') }),
    ...{ created, author, user: config?.User, workdir: config?.WorkingDir },
    ...{ env: config?.Env ?? [], entrypoint: config?.Entrypoint ?? [], cmd: config?.Cmd ?? [] },
    ...{ exposedPorts: config?.ExposedPorts ?? [], volumes: config?.Volumes ?? [], labels: config?.Labels ?? {} },
  }
}

function toLayer({ layer: of, step }: BuildStep): z.infer<typeof layer> {
  return { empty: of === undefined, ...of, createdBy: step?.created_by, created: step?.created, comment: step?.comment }
}

const TITLE = 'org.opencontainers.image.title'
const MAX_TITLE_LENGTH = 1000

/** Of each layer, in their order: what is no image has files for layers, and names them so. */
function titlesOf(content: Uint8Array): readonly (string | undefined)[] {
  const body: unknown = JSON.parse(new TextDecoder().decode(content))
  const layers: readonly unknown[] = isObject(body) && Array.isArray(body.layers) ? body.layers : []
  return layers.map((each) => {
    const title = isObject(each) && isObject(each.annotations) ? each.annotations[TITLE] : undefined
    return typeof title === 'string' ? title.slice(0, MAX_TITLE_LENGTH) : undefined
  })
}

type Call = Parameters<typeof imageAt>[0] & { readonly registry: Registry }

async function describeParts(
  call: Call,
  manifest: Manifest,
  content: Uint8Array,
): Promise<Pick<z.infer<typeof imageBody>, 'platforms' | 'config' | 'layers' | 'totalBytes'>> {
  if (manifest.kind === 'index')
    return {
      platforms: platformImages(manifest, content).map(({ descriptor: of, platform: its }) => ({
        ...of,
        platform: its,
      })),
    }
  const [config, ...layers] = manifest.blobs
  const settings = config && (await readImageSettings(call.registry, repositoryOf(call), config))
  const titles = titlesOf(content)
  const titled = layers.map((each, n) => ({ ...each, title: titles[n] }))
  const totalBytes = manifest.blobs.reduce((sum, { size }) => sum + size, content.byteLength)
  return {
    ...(settings && { config: toConfig(settings) }),
    layers: buildSteps(titled, settings?.history ?? []).map(toLayer),
    totalBytes,
  }
}

async function describeImage(call: Call): Promise<z.infer<typeof imageBody>> {
  const { head, spot } = await imageAt(call)
  const { reader } = call.registry.database
  const content = await readOrSupplyManifest(call.registry, spot.repository, head)
  const manifest = parseManifest(content, head.mediaType)
  const details = await findManifestDetails(reader, head.repositoryId, head.digest)
  const page = { digest: head.digest, after: '', limit: MAX_TAGS + 1 }
  const tags = await tagsOnPage(reader, head.repositoryId, page)
  return {
    ...{ digest: head.digest, mediaType: head.mediaType, size: head.sizeBytes, kind: manifest.kind },
    ...{ artifactType: manifest.artifactType, annotations: manifest.annotations ?? {}, subject: manifest.subject },
    pushedAt: (details?.pushedAt ?? call.registry.clock.now()).toISOString(),
    tags: tags.slice(0, MAX_TAGS),
    moreTags: tags.length > MAX_TAGS,
    ...(await describeParts(call, manifest, content)),
  }
}

export const imageRoutes: readonly ApiRoute[] = [
  define('GET /repositories/{repository}/images/{reference}', {
    id: 'getImage',
    access: 'repository:pull',
    summary: 'One image or index: what it consists of, its configuration and its history.',
    parameters: oneImage,
    response: imageBody,
    handle: (call) => describeImage(call),
  }),
  define('DELETE /repositories/{repository}/images/{reference}', {
    id: 'deleteImage',
    access: 'repository:delete',
    summary: 'Deletes an image, by its digest, with all its tags. It can be restored until the date in the answer.',
    parameters: oneImage,
    response: z.strictObject({ deletion: z.int(), restorableUntil: date }),
    handle: async (call) => {
      const { reference } = call.parameters
      // A tag would be the tag alone.
      if (!isDigest(reference)) throw new Problem('invalid', 'say the digest: a tag alone is deleted below "tags"')
      await imageAt(call)
      await deleteManifest(call.registry, placeOf(call), reference)
      const deleted = await findDeletedManifest(call.m.database.reader, repositoryOf(call), reference)
      const until = deleted?.restorableUntil ?? call.m.clock.now()
      return { deletion: deleted?.deletion ?? 0, restorableUntil: until.toISOString() }
    },
  }),
  define('GET /repositories/{repository}/images/{reference}/referrers', {
    id: 'listReferrers',
    access: 'repository:pull',
    summary: 'What says that it is about this image (signatures, bills of materials), by digest.',
    parameters: oneImage,
    query: z.strictObject({
      after: z.string().max(200).default('').describe('Only digests after this one.'),
      // Each may carry 256 KiB of annotations.
      limit: z.coerce.number().int().min(1).max(100).default(50).describe('How many at most.'),
    }),
    response: listOf(referrer),
    handle: async (call) => {
      const { head, spot } = await imageAt(call)
      const { after, limit } = call.query
      const found = await listReferrerRecords(call.m.database.reader, {
        ...{ name: spot.repository, subject: head.digest, artifactTypes: [] },
        ...{ after, limit: limit + 1 },
      })
      const { items, ...next } = paged(found, limit, ({ digest }) => digest)
      return {
        items: items.map((each) => ({
          ...{ digest: each.digest, mediaType: each.mediaType, size: each.sizeBytes, artifactType: each.artifactType },
          ...{ annotations: each.annotations ?? {}, pushedAt: each.pushedAt.toISOString() },
        })),
        ...next,
      }
    },
  }),
]
