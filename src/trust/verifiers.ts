import type { SignatureVerifier } from './signature.ts'

let loaded: Promise<readonly SignatureVerifier[]> | undefined

/** One for each form of signatures. Loaded with the first signature: most processes never see one. */
export function loadVerifiers(): Promise<readonly SignatureVerifier[]> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<readonly SignatureVerifier[]> {
  const { cosignVerifier } = await import('./cosign/verifier.ts')
  const { sigstoreVerifier } = await import('./sigstore/verifier.ts')
  const { notationVerifier } = await import('./notation/verifier.ts')
  return [cosignVerifier, sigstoreVerifier, notationVerifier]
}
