import type { Digest } from '../oci/digest.ts'
import type { Effort } from './effort.ts'

export type SignatureFormat = 'cosign' | 'sigstore-bundle' | 'notation'

/** One thing that was looked at, in words. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** Who signed, as far as the signature proves it. */
export interface Signer {
  /** `key sha256:…`, `ci@example.com (https://accounts.example.com)`, `CN=…,O=…`. */
  readonly name: string
  readonly keyId?: string
  readonly identity?: string
  readonly issuer?: string
  readonly subject?: string
}

/** A signature, or a signed statement, about a manifest; looked at with everybody who is trusted there. */
export interface VerifiedSignature {
  readonly format: SignatureFormat
  /** The manifest that brought it. */
  readonly manifest: Digest
  /** What an attestation is about (`https://slsa.dev/provenance/v1`); absent: a plain signature. */
  readonly predicateType?: string
  readonly signer: Signer
  /** When it was made, as proved; absent: nobody proves it. */
  readonly signedAt?: Date
  /** Names of the trust anchors that accept it. None: it proves nothing here. */
  readonly trustedBy: readonly string[]
  readonly checks: readonly Check[]
  /** When this has to be looked at again. */
  readonly validUntil?: Date
}

/** Who is trusted to sign, as a project says. */
export interface TrustAnchor {
  readonly name: string
  readonly kind: TrustKind
  /** By kind; parsed when it was stored. */
  readonly body: unknown
}

export const TRUST_KINDS = ['cosign-key', 'sigstore', 'notation'] as const
export type TrustKind = (typeof TRUST_KINDS)[number]

/**
 * A manifest or blob that belongs to a signature, of at most so many bytes. Undefined: it is not there, or longer.
 * @throws Rejection: of all together too much was read
 */
export type ReadContent = (digest: Digest, maxBytes: number) => Promise<Uint8Array | undefined>

/** A manifest that may bring signatures of a subject. */
export interface SignatureManifest {
  readonly digest: Digest
  readonly content: Uint8Array
}

export interface Subject {
  readonly digest: Digest
  readonly mediaType: string
  readonly sizeBytes: number
}

/** At most so many signatures, and as many statements, of each subject are shown (CVE-2024-29902, CVE-2023-33957). */
export const MAX_SIGNATURES = 32

/** A signature of which everything was looked at that needs no key. */
export interface Candidate {
  /** What it states; undefined: that it is signed. */
  readonly predicateType: string | undefined
  /** 2: it names a key or an authority that is trusted. 1: it names none. 0: it names somebody else. Only a hint. */
  readonly rank: number
  judge(): Promise<VerifiedSignature>
}

/** What a manifest brings: what is refused already, and what is worth to be judged. */
export interface Opened {
  readonly found: readonly (VerifiedSignature | Candidate)[]
  /** How many it has, more than were looked at; else undefined. */
  readonly of?: number | undefined
}

export interface LookingAt {
  readonly anchors: readonly TrustAnchor[]
  readonly now: Date
  readonly read: ReadContent
  readonly effort: Effort
}

/** Verifies one format. Never throws for what a signature holds: that is a check that failed. */
export interface SignatureVerifier {
  readonly format: SignatureFormat
  /** Whether it is of this format. */
  recognizes(manifest: SignatureManifest): boolean
  open(subject: Subject, signature: SignatureManifest, by: LookingAt): Promise<Opened>
}
