import { z } from 'zod'
import { type Digest, isDigest } from '../oci/digest.ts'
import { atMost, parseBoundedJson, texts } from './bounded.ts'

/** A manifest that brings signatures may be so long: cosign's older form has all of them in one. */
export const MAX_MANIFEST_BYTES = 512 * 1024

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
  readonly annotations: Readonly<Record<string, string>>
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
  annotations,
})

const known = new WeakMap<Uint8Array, SignatureImage | 'none'>()

/** Undefined for what is no image: an index, or nothing that can be read. */
export function findLayers(content: Uint8Array): SignatureImage | undefined {
  // Each form asks for it.
  const image = known.get(content) ?? readLayers(content) ?? 'none'
  known.set(content, image)
  return image === 'none' ? undefined : image
}

function readLayers(content: Uint8Array): SignatureImage | undefined {
  if (content.byteLength > MAX_MANIFEST_BYTES) return undefined
  const parsed = image.safeParse(jsonOrNot(content))
  if (!parsed.success) return undefined
  const { artifactType, config, layers } = parsed.data
  return {
    artifactType: artifactType || (config?.mediaType ?? ''),
    annotations: parsed.data.annotations ?? {},
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
    return parseBoundedJson(content)
  } catch {
    return undefined
  }
}
