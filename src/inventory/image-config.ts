import { z } from 'zod'
import type { Manifest } from '../oci/manifest.ts'

/** Larger ones say more than anybody asked for. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024

/** What an image's configuration says of it. */
export interface ConfigFacts {
  readonly labels: Readonly<Record<string, string>>
  readonly platform?: string
  readonly created?: string
  readonly user?: string
}

const text = z.string().max(4096).nullish().catch(undefined)
const schema = z.object({
  os: text,
  architecture: text,
  variant: text,
  created: text,
  config: z
    .object({ User: text, Labels: z.record(z.string(), z.unknown()).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
})

const MAX_LABELS = 1000
const MAX_LABEL_LENGTH = 16_384

/** Undefined: it is no configuration of an image. */
export function parseImageConfig(bytes: Uint8Array): ConfigFacts | undefined {
  const parsed = schema.safeParse(readJson(bytes))
  if (!parsed.success) return undefined
  const { os, architecture, variant, created, config } = parsed.data
  return {
    labels: labelsOf(config?.Labels),
    ...(os && architecture && { platform: [os, architecture, variant].filter(Boolean).join('/') }),
    ...(created && { created }),
    ...(config?.User && { user: config.User }),
  }
}

/** As its annotations say (image-spec annotations.md). */
export function baseOf({ annotations }: Manifest): { readonly name?: string; readonly digest?: string } | undefined {
  const name = annotations?.['org.opencontainers.image.base.name']
  const digest = annotations?.['org.opencontainers.image.base.digest']
  if (name === undefined && digest === undefined) return undefined
  return { ...(name !== undefined && { name }), ...(digest !== undefined && { digest }) }
}

function labelsOf(labels: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(labels ?? {}).slice(0, MAX_LABELS))
    if (typeof value === 'string' && name.length <= 255) found[name] = value.slice(0, MAX_LABEL_LENGTH)
  return { ...found }
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
