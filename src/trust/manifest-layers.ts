import { z } from 'zod'
import { type Digest, isDigest } from '../oci/digest.ts'
import { parseStrictJson } from '../oci/strict-json.ts'
import { atMost, texts } from './bounded.ts'

/** One piece of content may be so long. */
export const MAX_CONTENT_BYTES = 4 * 1024 * 1024

export interface SignatureLayer {
  readonly mediaType: string
  readonly digest: Digest
  readonly sizeBytes: number
  readonly annotations: Readonly<Record<string, string>>
}

export interface SignatureImage {
  /** As the manifest says, or the type of its config. */
  readonly artifactType: string
  readonly layers: readonly SignatureLayer[]
}

const annotations = texts.nullish()
const layer = z.object({
  mediaType: z.string().max(255),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
  annotations,
})
const image = z.object({
  artifactType: z.string().max(255).nullish(),
  config: z.object({ mediaType: z.string().max(255) }).nullish(),
  layers: atMost(1000, layer),
})

/** Undefined for what is no image: an index, or nothing that can be read. */
export function findLayers(content: Uint8Array): SignatureImage | undefined {
  if (content.byteLength > MAX_CONTENT_BYTES) return undefined
  const parsed = image.safeParse(jsonOrNot(content))
  if (!parsed.success) return undefined
  const { artifactType, config, layers } = parsed.data
  return {
    artifactType: artifactType || (config?.mediaType ?? ''),
    layers: layers.map((each) => ({
      mediaType: each.mediaType,
      digest: each.digest,
      sizeBytes: each.size,
      annotations: each.annotations ?? {},
    })),
  }
}

function jsonOrNot(content: Uint8Array): unknown {
  try {
    return parseStrictJson(content)
  } catch {
    return undefined
  }
}
