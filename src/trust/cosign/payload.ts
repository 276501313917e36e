import { z } from 'zod'
import type { Digest } from '../../oci/digest.ts'
import { parseBoundedJson } from '../bounded.ts'
import { Rejection } from '../rejection.ts'

const TYPE = 'cosign container image signature'
const payloadSchema = z.object({
  critical: z.object({
    type: z.string(),
    image: z.object({ 'docker-manifest-digest': z.string() }),
  }),
})

/**
 * What cosign, skopeo and podman sign of an image. The name in it (`docker-reference`) says where it was when it was
 * signed, and proves nothing. @throws Rejection: it is about something else
 */
export function requirePayload(payload: Uint8Array, subject: Digest): void {
  const parsed = payloadSchema.safeParse(parseBoundedJson(payload))
  if (!parsed.success) throw new Rejection('form', 'what was signed is no signature of an image')
  const { type, image } = parsed.data.critical
  if (type !== TYPE) throw new Rejection('form', 'what was signed is no signature of an image')
  if (image['docker-manifest-digest'] !== subject) throw new Rejection('subject', 'it is about another digest')
}

/** The same, to be signed. */
export function makePayload(subject: Digest, reference: string): Uint8Array {
  const critical = {
    identity: { 'docker-reference': reference },
    image: { 'docker-manifest-digest': subject },
    type: TYPE,
  }
  return Buffer.from(JSON.stringify({ critical, optional: null }))
}
