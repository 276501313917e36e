import type { Bundle } from '@sigstore/bundle'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { SignatureLayer } from '../manifest-layers.ts'
import { atMost, parseBoundedJson } from '../bounded.ts'
import { parseBundle } from '../sigstore/bundle.ts'
import { Rejection } from '../rejection.ts'

/** Cosign's older annotations; the first is spelled so. */
export const SIGNATURE = 'dev.cosignproject.cosign/signature'
const CERTIFICATE = 'dev.sigstore.cosign/certificate'
const REKOR = 'dev.sigstore.cosign/bundle'
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp'
const OLDEST_BUNDLE = 'application/vnd.dev.sigstore.bundle+json;version=0.1'
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/

const rekorSchema = z.object({
  SignedEntryTimestamp: z.base64(),
  Payload: z.object({
    body: z.base64(),
    integratedTime: z.int(),
    logIndex: z.int(),
    logID: z.string().regex(/^[0-9a-f]{64}$/),
  }),
})
const bodySchema = z.object({ kind: z.string(), apiVersion: z.string() })
const timestampSchema = z.object({ SignedRFC3161Timestamp: z.base64() })
const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: atMost(1, z.object({ sig: z.base64() })),
})

/** A signature of cosign's older form, as a bundle of today’s. @throws Rejection, SyntaxError or ZodError: it cannot be read */
export function messageBundle(payload: Uint8Array, annotations: SignatureLayer['annotations']): Bundle {
  const signature = annotations[SIGNATURE]
  if (signature === undefined || signature === '') throw new Rejection('form', 'it has no signature')
  const digest = createHash('sha256').update(payload).digest('base64')
  const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest }, signature }
  return parseBundle({ ...materialOf(annotations), messageSignature })
}

/** The same of an attestation. */
export function envelopeBundle(content: Uint8Array, annotations: SignatureLayer['annotations']): Bundle {
  const { payloadType, payload, signatures } = envelopeSchema.parse(parseBoundedJson(content))
  const dsseEnvelope = { payloadType, payload, signatures: signatures.map(({ sig }) => ({ sig, keyid: '' })) }
  return parseBundle({ ...materialOf(annotations), dsseEnvelope })
}

function materialOf(annotations: SignatureLayer['annotations']) {
  const certificate = annotations[CERTIFICATE]
  if (certificate === undefined || certificate === '')
    // A key is trusted whatever the logs say.
    return { mediaType: OLDEST_BUNDLE, verificationMaterial: { publicKey: { hint: '' } } }
  // Only the leaf: what is above it comes from who is trusted.
  const rawBytes = PEM.exec(certificate)?.[1]?.replaceAll(/\s/g, '')
  if (rawBytes === undefined) throw new Rejection('certificate', 'its certificate cannot be read')
  const rekor = annotations[REKOR]
  const timestamp = annotations[TIMESTAMP]
  return {
    mediaType: OLDEST_BUNDLE,
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes }] },
      tlogEntries: rekor === undefined || rekor === '' ? [] : [entryOf(rekor)],
      timestampVerificationData: { rfc3161Timestamps: timestamp ? [timestampOf(timestamp)] : [] },
    },
  }
}

/** Rekor's promise, as it answered cosign. */
function entryOf(annotation: string) {
  const { SignedEntryTimestamp, Payload } = rekorSchema.parse(parseBoundedJson(Buffer.from(annotation)))
  const { kind, apiVersion } = bodySchema.parse(JSON.parse(Buffer.from(Payload.body, 'base64').toString('utf8')))
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  }
}

function timestampOf(annotation: string) {
  const { SignedRFC3161Timestamp } = timestampSchema.parse(parseBoundedJson(Buffer.from(annotation)))
  return { signedTimestamp: SignedRFC3161Timestamp }
}
