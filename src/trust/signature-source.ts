import type { Digest } from '../oci/digest.ts'
import type { Spot } from '../registry/operation.ts'
import type { VerifiedSignature } from './signature.ts'

/** The signatures of a manifest, as its project trusts them. */
export interface SignatureReport {
  readonly signatures: readonly VerifiedSignature[]
  /** For people, where something could not be looked at: `more than 32 signatures`. */
  readonly problems: readonly string[]
  /** When it has to be looked at again. */
  readonly validUntil?: Date
}

/** Remembered in a row until a signature comes or goes, or trust changes; otherwise verified now. */
export interface SignatureSource {
  signaturesOf(spot: Spot, digest: Digest): Promise<SignatureReport>
}
