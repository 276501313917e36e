import { z } from 'zod'
import type { Descriptor } from '../oci/descriptor.ts'
import { isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import { findRepositoryBlob, openBlob } from './pull-blob.ts'
import type { Registry } from './registry.ts'

/** Larger configurations say more than a page can show. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024
const MAX_ENTRIES = 1000

const text = z
  .string()
  .transform((value) => value.slice(0, 16_384))
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined)
const texts = z
  .array(z.string())
  .nullish()
  .catch(undefined)
  .transform((values) => (values ?? []).slice(0, MAX_ENTRIES))
const names = z
  .record(z.string(), z.unknown())
  .nullish()
  .catch(undefined)
  .transform((values) => Object.keys(values ?? {}).slice(0, MAX_ENTRIES))
const labels = z
  .record(z.string(), z.unknown())
  .nullish()
  .catch(undefined)
  .transform((values) =>
    Object.fromEntries(
      Object.entries(values ?? {})
        .slice(0, MAX_ENTRIES)
        .flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
    ),
  )
const step = z.object({
  created: text,
  created_by: text,
  comment: text,
  empty_layer: z.boolean().nullish().catch(undefined),
})
const running = z.object({
  ...{ User: text, WorkingDir: text, Env: texts, Entrypoint: texts, Cmd: texts },
  ...{ ExposedPorts: names, Volumes: names, Labels: labels },
})

/** image-spec config.md, of which whatever is not as it should be is left out. */
const schema = z.object({
  ...{ os: text, architecture: text, variant: text, created: text, author: text },
  config: running.nullish().catch(undefined),
  history: z.array(step).max(MAX_ENTRIES).nullish().catch(undefined),
})

export type ImageSettings = z.infer<typeof schema>
export type HistoryStep = z.infer<typeof step>

/** Undefined: it is not here, too large, or no configuration of an image. */
export async function readImageSettings(
  registry: Registry,
  repository: RepositoryName,
  { digest }: Descriptor,
): Promise<ImageSettings | undefined> {
  if (!isDigest(digest)) return undefined
  try {
    const blob = await findRepositoryBlob(registry, repository, digest)
    if (blob.sizeBytes > MAX_CONFIG_BYTES) return undefined
    const opened = await openBlob(registry, blob)
    const bytes = opened instanceof Uint8Array ? opened : new Uint8Array(await opened.arrayBuffer())
    return parseImageSettings(bytes)
  } catch (error) {
    if (error instanceof OciError) return undefined
    throw error
  }
}

export function parseImageSettings(bytes: Uint8Array): ImageSettings | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data
  } catch {
    return undefined
  }
}

/** A step of an image's history, with the layer that it made. */
export interface BuildStep {
  readonly layer: Descriptor | undefined
  readonly step: HistoryStep | undefined
}

/** Joined when as many steps made a layer as there are layers; otherwise nobody knows which made which. */
export function buildSteps(layers: readonly Descriptor[], history: readonly HistoryStep[]): BuildStep[] {
  const made = history.filter((step) => step.empty_layer !== true)
  if (made.length !== layers.length) return layers.map((layer) => ({ layer, step: undefined }))
  let at = 0
  return history.map((step) => ({ step, layer: step.empty_layer === true ? undefined : layers[at++] }))
}
