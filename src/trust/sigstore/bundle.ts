import { type Bundle, bundleFromJSON } from '@sigstore/bundle'
import { X509Certificate } from '@sigstore/core'
import { z } from 'zod'
import { atMost, parseBoundedJson } from '../bounded.ts'
import { Rejection } from '../rejection.ts'
import { reasonOf, shown } from '../words.ts'
import { identityOf } from './certificate.ts'

/** What is read out of a bundle takes time for each of these, so none of them is endless. */
const MAX_PROOFS = 8
const index = z.union([z.string().max(20), z.number()]).nullish()
const entry = z.object({
  logIndex: index,
  integratedTime: index,
  inclusionProof: z
    .object({
      logIndex: index,
      treeSize: index,
      hashes: atMost(64, z.string().max(128)).nullish(),
      checkpoint: z.object({ envelope: z.string().max(32 * 1024) }).nullish(),
    })
    .nullish(),
})
const certificate = z.object({ rawBytes: z.string().max(24 * 1024) })
const bounded = z.object({
  mediaType: z.string().max(255),
  verificationMaterial: z.object({
    tlogEntries: atMost(MAX_PROOFS, entry).nullish(),
    timestampVerificationData: z
      .object({
        rfc3161Timestamps: atMost(MAX_PROOFS, z.object({ signedTimestamp: z.string().max(16 * 1024) })).nullish(),
      })
      .nullish(),
    x509CertificateChain: z.object({ certificates: atMost(16, certificate) }).nullish(),
    certificate: certificate.nullish(),
  }),
  dsseEnvelope: z.object({ signatures: z.array(z.unknown()).max(1) }).nullish(),
})

/** @throws Rejection: it is none, or one that nobody would make */
export function parseBundle(json: unknown): Bundle {
  const parsed = bounded.safeParse(json)
  if (!parsed.success) throw new Rejection('form', `this is no sigstore bundle: ${z.prettifyError(parsed.error)}`)
  try {
    return bundleFromJSON(withoutChain(json))
  } catch (error) {
    throw new Rejection('form', `this is no sigstore bundle: ${reasonOf(error)}`)
  }
}

const chained = z.looseObject({
  mediaType: z.string().endsWith('v0.3+json'),
  verificationMaterial: z.looseObject({
    x509CertificateChain: z.object({ certificates: z.array(certificate).min(1) }),
  }),
})

/**
 * Given a certificate by hand, cosign puts all that is above it into a bundle of a version that has place for the leaf
 * only. Nothing above it is ever believed, so it is left out.
 */
function withoutChain(json: unknown): unknown {
  const parsed = chained.safeParse(json)
  if (!parsed.success) return json
  const { x509CertificateChain, ...material } = parsed.data.verificationMaterial
  const [leaf] = x509CertificateChain.certificates
  return { ...parsed.data, verificationMaterial: { ...material, certificate: leaf } }
}

/** @throws Rejection */
export function parseBundleBytes(content: Uint8Array): Bundle {
  const json = (() => {
    try {
      return parseBoundedJson(content)
    } catch (error) {
      throw new Rejection('form', `the bundle cannot be read: ${reasonOf(error)}`)
    }
  })()
  return parseBundle(json)
}

/** Undefined: it was made with a key. @throws Error where it cannot be read */
export function certificateOf({ verificationMaterial: { content } }: Bundle): X509Certificate | undefined {
  switch (content.$case) {
    case 'certificate':
      return X509Certificate.parse(Buffer.from(content.certificate.rawBytes))
    case 'x509CertificateChain': {
      const [leaf] = content.x509CertificateChain.certificates
      if (leaf === undefined) throw new Rejection('form', 'the bundle has an empty chain of certificates')
      return X509Certificate.parse(Buffer.from(leaf.rawBytes))
    }
    case 'publicKey':
      return undefined
  }
}

/** Whom a bundle says it is from. Nothing of that is proved. */
export function claimedSigner(bundle: Bundle): { readonly name: string; readonly keyId?: string } {
  try {
    const leaf = certificateOf(bundle)
    if (leaf === undefined) return keyOf(bundle)
    const { identity, issuer } = identityOf(leaf)
    return { name: `${shown(identity)}${issuer === undefined ? '' : ` (${shown(issuer)})`}` }
  } catch {
    return { name: 'somebody unknown' }
  }
}

function keyOf({ verificationMaterial: { content } }: Bundle): { readonly name: string; readonly keyId?: string } {
  const hint = content.$case === 'publicKey' ? content.publicKey.hint : ''
  if (hint === '') return { name: 'a key' }
  const bytes = Buffer.from(hint, 'base64')
  const keyId = bytes.length === 32 ? `sha256:${bytes.toString('hex')}` : shown(hint, 100)
  return { name: `key ${keyId}`, keyId }
}
