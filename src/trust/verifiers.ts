import { once } from '../lib/once.ts'
import type { SignatureVerifier } from './signature.ts'

/** One for each form of signatures. Loaded with the first signature: most processes never see one. */
export const loadVerifiers = once(async (): Promise<readonly SignatureVerifier[]> => {
  const { cosignVerifier } = await import('./cosign/verifier.ts')
  const { sigstoreVerifier } = await import('./sigstore/verifier.ts')
  const { notationVerifier } = await import('./notation/verifier.ts')
  return [cosignVerifier, sigstoreVerifier, notationVerifier]
})
