import { z } from 'zod'
import { type Digest, isDigest } from '../../oci/digest.ts'
import { parseBoundedJson } from '../bounded.ts'
import type { Subject } from '../signature.ts'
import { shown } from '../words.ts'
import { COSE_MEDIA_TYPE } from './cose.ts'
import { JWS_MEDIA_TYPE } from './jws.ts'
import { refuse } from './refusal.ts'

const SIGNATURE_TYPE = 'application/vnd.cncf.notary.signature'
const THUMBPRINTS = 'io.cncf.notary.x509chain.thumbprint#S256'
export const MAX_SIGNATURE_BYTES = 512 * 1024

/** What of a signature manifest counts; anything else is as the registry took it. */
const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string(), size: z.int().min(0) })),
  subject: z.object({ digest: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})

const typedSchema = z.object({
  artifactType: z.string().optional(),
  config: z.object({ mediaType: z.string().optional() }).optional(),
})

/** Where a signature is, and in which format. */
export interface SignatureLayer {
  readonly mediaType: typeof JWS_MEDIA_TYPE | typeof COSE_MEDIA_TYPE
  readonly digest: Digest
  readonly sizeBytes: number
  /** As the manifest says them, of every certificate of the chain; not signed. */
  readonly thumbprints: readonly string[]
}

/** By the type of the artifact, or of the configuration, which older ones have instead. */
export function isSignatureManifest(content: Uint8Array): boolean {
  if (!Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(SIGNATURE_TYPE)) return false
  try {
    const typed = typedSchema.safeParse(parseBoundedJson(content))
    return typed.success && [typed.data.artifactType, typed.data.config?.mediaType].includes(SIGNATURE_TYPE)
  } catch {
    return false
  }
}

/** @throws Refusal */
export function signatureLayer(content: Uint8Array, subject: Subject): SignatureLayer {
  const parsed = manifestSchema.safeParse(parseBoundedJson(content))
  if (!parsed.success) refuse('the signature manifest is not as notation writes it')
  const { layers, subject: named, annotations } = parsed.data
  if (named?.digest !== subject.digest) refuse('the signature manifest names another subject, or none')
  const [layer, another] = layers
  if (layer === undefined || another !== undefined) refuse('the signature manifest has not exactly one layer')
  const { mediaType, digest, size } = layer
  if (mediaType !== JWS_MEDIA_TYPE && mediaType !== COSE_MEDIA_TYPE)
    refuse(`the signature is a ${shown(mediaType)}, which is not known here`)
  if (!isDigest(digest)) refuse('the digest of the signature cannot be understood')
  if (size > MAX_SIGNATURE_BYTES) refuse(`the signature has more than ${MAX_SIGNATURE_BYTES} bytes`)
  return { mediaType, digest, sizeBytes: size, thumbprints: thumbprintsOf(annotations) }
}

function thumbprintsOf(annotations: Readonly<Record<string, string>> = {}): readonly string[] {
  const text = annotations[THUMBPRINTS]
  if (text === undefined) refuse(`the signature manifest has no annotation ${THUMBPRINTS}`)
  const parsed = z
    .array(z.string())
    .max(64)
    .safeParse(parseBoundedJson(Buffer.from(text)))
  if (!parsed.success) refuse(`the annotation ${THUMBPRINTS} is not a list`)
  return parsed.data.map((thumbprint) => thumbprint.toLowerCase())
}
