import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { imageAt, oneImage } from '../http/api/image-call.ts'
import { refusalOf, repositoryOf } from '../http/api/repository-call.ts'
import { findHeldImage, loadInventory } from '../inventory/load.ts'
import { CYCLONEDX_MEDIA_TYPE, writeCycloneDx } from '../inventory/sbom/write-cyclonedx.ts'
import { SPDX_MEDIA_TYPE, writeSpdx } from '../inventory/sbom/write-spdx.ts'
import { findImage } from '../inventory/store.ts'
import { Problem } from '../lib/problem.ts'
import { VERSION } from '../lib/version.ts'
import type { Digest } from '../oci/digest.ts'
import type { Spot } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import { attachDocument } from './attach-sbom.ts'
import { workApart } from './apart.ts'
import { attachedBytes, readAttachedSboms } from './attached-sboms.ts'
import { chooseImage, platformQuery } from '../inventory/choose-image.ts'
import type { ScanningParts } from './parts.ts'

const format = z.enum(['cyclonedx', 'spdx'])
type Format = z.infer<typeof format>

const MEDIA_TYPES: Readonly<Record<Format, string>> = { cyclonedx: CYCLONEDX_MEDIA_TYPE, spdx: SPDX_MEDIA_TYPE }

export function sbomRoutes(parts: () => ScanningParts): readonly ApiRoute[] {
  return [
    define('GET /repositories/{repository}/images/{reference}/sbom', {
      id: 'getSbom',
      access: 'repository:pull',
      summary: 'A bill of materials of an image: CycloneDX 1.6 or SPDX 2.3, JSON.',
      parameters: oneImage,
      query: z.strictObject({
        format: format.default('cyclonedx'),
        platform: platformQuery,
        vulnerabilities: z.enum(['true', 'false']).default('false').describe('With the findings; CycloneDX only.'),
      }),
      response: z.unknown(),
      handle: async (call) => {
        const at = await imageAt(call)
        const withFindings = call.query.vulnerabilities === 'true'
        const digest = await chooseImage(call.registry.database.reader, at, call.query.platform)
        const { format: wanted } = call.query
        const request = { spot: at.spot, digest, format: wanted, withFindings }
        return JSON.parse(await sbomText(call.registry, parts(), request)) as unknown
      },
    }),
    define('POST /repositories/{repository}/images/{reference}/sbom', {
      id: 'attachSbom',
      access: 'repository:push',
      summary: 'Attaches a bill of materials to an image, as a referrer that clients find.',
      parameters: oneImage,
      body: z.strictObject({ format: format.default('cyclonedx') }),
      response: z.strictObject({ digest: z.string() }),
      handle: async (call) => {
        const at = await imageAt(call)
        const content = await sbomText(call.registry, parts(), {
          ...{ spot: at.spot, digest: at.head.digest, format: call.body.format, withFindings: false },
        })
        const digest = await attachDocument(call.registry, {
          ...{ repository: repositoryOf(call), subject: at.head, actor: call.actor },
          ...{ mediaType: MEDIA_TYPES[call.body.format], content: new TextEncoder().encode(content) },
          annotations: { 'org.opencontainers.image.title': `sbom.${call.body.format}.json` },
          stillAllowed: async () => {
            const refusal = await refusalOf(call, 'push')
            if (refusal !== undefined) throw refusal
          },
        })
        return { digest }
      },
    }),
    define('GET /repositories/{repository}/images/{reference}/sboms', {
      id: 'listAttachedSboms',
      access: 'repository:pull',
      summary: 'Bills of materials that others attached to an image, and what they say that it holds.',
      parameters: oneImage,
      response: z.strictObject({
        items: z.array(
          z.strictObject({
            manifest: z.string(),
            format: z.string(),
            tool: z.string().optional(),
            packages: z.array(z.strictObject({ purl: z.string(), name: z.string(), version: z.string() })),
            truncated: z.boolean(),
            problems: z.array(z.string()),
          }),
        ),
      }),
      handle: async (call) => {
        const { spot, head } = await imageAt(call)
        const isSmall = (await attachedBytes(call.registry, spot.repository, head.digest)) <= SMALL_BYTES
        if (isSmall) return { items: await readAttachedSboms(call.registry, spot.repository, head.digest) }
        const order = { task: 'sboms', spot, digest: head.digest } as const
        return { items: JSON.parse(await workApart(parts().config, order)) as unknown }
      },
    }),
  ]
}

/** Written here within some milliseconds; more is done by a process of its own. */
const SMALL_PACKAGES = 1000
const SMALL_BYTES = 256 * 1024

/** @throws Problem when nothing is known of the image */
async function sbomText(
  registry: Registry,
  { config, findings }: ScanningParts,
  request: SbomRequest,
): Promise<string> {
  const image = await findImage(registry.database.reader, request.digest)
  const isLarge = image !== undefined && image.packages > SMALL_PACKAGES
  if (isLarge && (await findHeldImage(registry.database.reader, request.spot, request.digest)) !== undefined)
    return workApart(config, { task: 'sbom', ...request })
  return new TextDecoder().decode(await writeSbom(registry, { findings }, request))
}

interface SbomRequest {
  readonly spot: Spot
  readonly digest: Digest
  readonly format: Format
  readonly withFindings: boolean
}

/** @throws Problem when nothing is known of the image */
export async function writeSbom(
  { database }: Registry,
  { findings }: Pick<ScanningParts, 'findings'>,
  { spot, digest, format: wanted, withFindings }: SbomRequest,
): Promise<Uint8Array> {
  const inventory = await loadInventory(database.reader, spot, digest)
  if (inventory === undefined)
    throw new Problem('not-found', 'nobody looked into this image yet, or not all of it is here: its report says which')
  const options = { repository: spot.repository, toolVersion: VERSION }
  if (wanted === 'spdx') return writeSpdx(inventory, options)
  const report = withFindings ? await findings.reportOf(spot, digest) : undefined
  return writeCycloneDx(inventory, { ...options, report })
}
