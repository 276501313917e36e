import type { Bundle } from '@sigstore/bundle'
import { findLayers, type SignatureLayer } from '../manifest-layers.ts'
import { openLayers } from '../open-layers.ts'
import { readLayer } from '../read-layer.ts'
import type {
  Candidate,
  LookingAt,
  SignatureManifest,
  SignatureVerifier,
  Subject,
  VerifiedSignature,
} from '../signature.ts'
import { claimedSigner } from '../sigstore/bundle.ts'
import { openBundle } from '../sigstore/open-bundle.ts'
import { predicateTypeOf, requireMessage } from '../sigstore/verify-bundle.ts'
import { rejected } from '../verdict.ts'
import { requirePayload } from './payload.ts'
import { envelopeBundle, messageBundle, SIGNATURE } from './to-bundle.ts'

export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json'
const UNKNOWN = { name: 'somebody unknown' }

/** Signatures and attestations in cosign’s older form, as skopeo and podman write them too: each layer is one. */
export const cosignVerifier: SignatureVerifier = {
  format: 'cosign',
  recognizes: ({ content }) => signatureLayers(content).length > 0,
  open: (subject, signature, by) =>
    openLayers(signatureLayers(signature.content), by, (layer) => openLayer(subject, { signature, layer }, by)),
}

function signatureLayers(content: Uint8Array): readonly SignatureLayer[] {
  const layers = findLayers(content)?.layers ?? []
  return layers.filter(({ mediaType, annotations }) =>
    mediaType === SIMPLE_SIGNING ? Object.hasOwn(annotations, SIGNATURE) : mediaType === ENVELOPE,
  )
}

interface Found {
  readonly signature: SignatureManifest
  readonly layer: SignatureLayer
}

async function openLayer(
  subject: Subject,
  { signature, layer }: Found,
  by: LookingAt,
): Promise<VerifiedSignature | Candidate> {
  const about = { format: 'cosign', manifest: signature.digest } as const
  let claimed: VerifiedSignature['signer'] = UNKNOWN
  try {
    const content = await readLayer(by, layer)
    const isEnvelope = layer.mediaType === ENVELOPE
    const bundle = (isEnvelope ? envelopeBundle : messageBundle)(content, layer.annotations)
    claimed = claimedSigner(bundle)
    const artifact = isEnvelope ? undefined : content
    await by.effort.rest()
    const predicateType = statedBy(bundle, artifact, subject)
    return await openBundle({ ...about, claimed }, { bundle, artifact, predicateType }, by)
  } catch (error) {
    return rejected({ ...about, claimed }, error)
  }
}

/** What it states of the subject; undefined: that it is signed. @throws Error: nothing of it */
function statedBy(bundle: Bundle, artifact: Uint8Array | undefined, subject: Subject): string | undefined {
  if (artifact === undefined) return predicateTypeOf(bundle, subject.digest)
  requirePayload(artifact, subject.digest)
  requireMessage(bundle, artifact)
  return undefined
}
