import { shown } from '../words.ts'
import { refuse } from './refusal.ts'

/** A signature envelope, whichever of the two formats it came in; nothing of it is believed yet. */
export interface Envelope {
  /** As the envelope names it: `PS256`. */
  readonly algorithm: string
  readonly contentType: string
  /** The protected attributes that notation knows. */
  readonly attributes: SignedAttributes
  /** Which protected attributes a verifier has to understand. */
  readonly critical: readonly (string | number)[]
  readonly payload: Uint8Array
  /** The bytes that are signed. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  /** DER, the leaf first. */
  readonly certificates: readonly Uint8Array[]
  /** A TimeStampToken of RFC 3161. */
  readonly timestamp: Uint8Array | undefined
}

export interface SignedAttributes {
  readonly signingScheme: string
  readonly signingTime: Date | undefined
  readonly authenticSigningTime: Date | undefined
  readonly expiry: Date | undefined
  /** Present: who signed wants more to be verified than notation does. */
  readonly verificationPlugin: string | undefined
}

export const MAX_CHAIN = 8
export const MAX_TIMESTAMP_BYTES = 64 * 1024

const PREFIX = 'io.cncf.notary.'
export const ATTRIBUTE = {
  signingScheme: `${PREFIX}signingScheme`,
  signingTime: `${PREFIX}signingTime`,
  authenticSigningTime: `${PREFIX}authenticSigningTime`,
  expiry: `${PREFIX}expiry`,
  verificationPlugin: `${PREFIX}verificationPlugin`,
  verificationPluginMinVersion: `${PREFIX}verificationPluginMinVersion`,
  timestampSignature: `${PREFIX}timestampSignature`,
} as const

export const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json'

export type SigningScheme = 'notary.x509' | 'notary.x509.signingAuthority'

/** Those that may be marked critical, because they are understood here. */
const UNDERSTOOD: readonly (string | number)[] = [
  ATTRIBUTE.signingScheme,
  ATTRIBUTE.authenticSigningTime,
  ATTRIBUTE.expiry,
  ATTRIBUTE.verificationPlugin,
  ATTRIBUTE.verificationPluginMinVersion,
]

/** @throws Refusal unless what is signed about the signature is as the specification wants it */
export function checkAttributes({ attributes, critical, contentType }: Envelope): SigningScheme {
  if (contentType !== PAYLOAD_TYPE) refuse(`the content type is ${shown(contentType)}, and not ${PAYLOAD_TYPE}`)
  if (new Set(critical).size !== critical.length) refuse('an attribute is marked critical twice')
  const unknown = critical.find((name) => !UNDERSTOOD.includes(name))
  if (unknown !== undefined) refuse(`the critical attribute ${shown(String(unknown))} is not understood here`)
  const scheme = schemeOf(attributes)
  const missing = mustBeCritical(attributes).find((name) => !critical.includes(name))
  if (missing !== undefined) refuse(`the attribute ${missing} is not marked critical`)
  checkTimes(attributes)
  return scheme
}

function schemeOf({ signingScheme, signingTime, authenticSigningTime }: SignedAttributes): SigningScheme {
  if (signingScheme === 'notary.x509') {
    if (authenticSigningTime !== undefined || signingTime === undefined)
      refuse('the scheme notary.x509 has a signing time, and no authentic signing time')
    return signingScheme
  }
  if (signingScheme === 'notary.x509.signingAuthority') {
    if (authenticSigningTime === undefined || signingTime !== undefined)
      refuse('the scheme notary.x509.signingAuthority has an authentic signing time, and no other')
    return signingScheme
  }
  return refuse(`the signing scheme ${shown(signingScheme)} is not known here`)
}

function mustBeCritical({ authenticSigningTime, expiry }: SignedAttributes): readonly string[] {
  return [
    ATTRIBUTE.signingScheme,
    ...(authenticSigningTime === undefined ? [] : [ATTRIBUTE.authenticSigningTime]),
    ...(expiry === undefined ? [] : [ATTRIBUTE.expiry]),
  ]
}

function checkTimes({ signingTime, authenticSigningTime, expiry }: SignedAttributes): void {
  const signed = signingTime ?? authenticSigningTime
  if (expiry !== undefined && signed !== undefined && expiry <= signed)
    refuse('the signature expires before it was made')
}
