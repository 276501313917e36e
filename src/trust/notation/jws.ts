import { z } from 'zod'
import { parseBoundedJson } from '../bounded.ts'
import { ATTRIBUTE, type Envelope, MAX_CHAIN, MAX_TIMESTAMP_BYTES } from './envelope.ts'
import { refuse } from './refusal.ts'

/** `type/subtype` of a layer that is a JWS. */
export const JWS_MEDIA_TYPE = 'application/jose+json'

/** With one way to write it: also the bits that the last letter has too many are as an encoder leaves them. */
const base64url = z
  .string()
  .refine((text) => Buffer.from(text, 'base64url').toString('base64url') === text, 'not base64url')
const MAX_CERTIFICATE_TEXT = 96 * 1024

/** RFC 7515 §7.2.2, flattened; notation allows nothing else at the top. */
const envelopeSchema = z.strictObject({
  payload: base64url.min(1),
  protected: base64url.min(1).max(64 * 1024),
  signature: base64url.min(1).max(4096),
  header: z.object({
    x5c: z.array(z.string().max(MAX_CERTIFICATE_TEXT)).min(1),
    [ATTRIBUTE.timestampSignature]: z.string().optional(),
  }),
})

const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((date) => !Number.isNaN(date.getTime()), 'not a time')

const protectedSchema = z.object({
  alg: z.string(),
  cty: z.string(),
  crit: z.array(z.string()).min(1).max(64),
  [ATTRIBUTE.signingScheme]: z.string(),
  [ATTRIBUTE.signingTime]: moment.optional(),
  [ATTRIBUTE.authenticSigningTime]: moment.optional(),
  [ATTRIBUTE.expiry]: moment.optional(),
  [ATTRIBUTE.verificationPlugin]: z.unknown().optional(),
  [ATTRIBUTE.verificationPluginMinVersion]: z.unknown().optional(),
})

/** @throws Refusal */
export function parseJws(bytes: Uint8Array): Envelope {
  const envelope = parsed('the envelope', envelopeSchema, bytes)
  if (envelope.header.x5c.length > MAX_CHAIN) refuse(`the chain has more than ${MAX_CHAIN} certificates`)
  const header = Buffer.from(envelope.protected, 'base64url')
  const attributes = parsed('the protected header', protectedSchema, header)
  const named: unknown = parseBoundedJson(header)
  const absent = attributes.crit.find((name) => !Object.hasOwn(Object(named), name))
  if (absent !== undefined) refuse('an attribute is marked critical that is not there')
  return {
    algorithm: attributes.alg,
    contentType: attributes.cty,
    critical: attributes.crit,
    attributes: {
      signingScheme: attributes[ATTRIBUTE.signingScheme],
      signingTime: attributes[ATTRIBUTE.signingTime],
      authenticSigningTime: attributes[ATTRIBUTE.authenticSigningTime],
      expiry: attributes[ATTRIBUTE.expiry],
      verificationPlugin: pluginOf(attributes),
    },
    payload: Buffer.from(envelope.payload, 'base64url'),
    signed: Buffer.from(`${envelope.protected}.${envelope.payload}`),
    signature: Buffer.from(envelope.signature, 'base64url'),
    certificates: envelope.header.x5c.map((text) => decoded('a certificate', text)),
    timestamp: timestampOf(envelope.header[ATTRIBUTE.timestampSignature]),
  }
}

function parsed<T>(what: string, schema: z.ZodType<T>, bytes: Uint8Array): T {
  const result = schema.safeParse(jsonOf(what, bytes))
  if (result.success) return result.data
  const [issue] = result.error.issues
  return refuse(`${what} is not as notation writes it: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
}

function jsonOf(what: string, bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(bytes)
  } catch (error) {
    return refuse(`${what} is not JSON with one meaning: it ${error instanceof Error ? error.message : 'is broken'}`)
  }
}

function decoded(what: string, text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : refuse(`${what} is not base64`)
}

function timestampOf(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === '') return undefined
  if (text.length > MAX_TIMESTAMP_BYTES * 2) refuse('the time stamp is too large')
  return decoded('the time stamp', text)
}

/** Also one that is no name: it is there, and is not understood. */
function pluginOf(attributes: z.infer<typeof protectedSchema>): string | undefined {
  const plugin = attributes[ATTRIBUTE.verificationPlugin] ?? attributes[ATTRIBUTE.verificationPluginMinVersion]
  if (plugin === undefined) return undefined
  return typeof plugin === 'string' ? plugin : 'without a name'
}
