import type { Bundle } from '@sigstore/bundle'
import { findLayers, type SignatureLayer } from '../manifest-layers.ts'
import { readLayer } from '../read-layer.ts'
import { readyAnchors } from '../ready-anchors.ts'
import {
  MAX_SIGNATURES,
  type SignatureManifest,
  type SignatureVerifier,
  type Subject,
  type VerifiedSignature,
} from '../signature.ts'
import { claimedSigner } from '../sigstore/bundle.ts'
import { acceptBundle, predicateTypeOf, requireMessage } from '../sigstore/verify-bundle.ts'
import { judge, passed, rejected } from '../verdict.ts'
import { requirePayload } from './payload.ts'
import { envelopeBundle, messageBundle, SIGNATURE } from './to-bundle.ts'

export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json'
const UNKNOWN = { name: 'somebody unknown' }

type Trust = Parameters<SignatureVerifier['verify']>[2]

/** Signatures and attestations in cosign’s older form, as skopeo and podman write them too: each layer is one. */
export const cosignVerifier: SignatureVerifier = {
  format: 'cosign',
  recognizes: ({ content }) => signatureLayers(content).length > 0,
  verify: async (subject, signature, trust) => {
    const results: VerifiedSignature[] = []
    for (const layer of signatureLayers(signature.content).slice(0, MAX_SIGNATURES))
      results.push(await verifyLayer(subject, { signature, layer }, trust))
    return results
  },
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

async function verifyLayer(subject: Subject, { signature, layer }: Found, trust: Trust): Promise<VerifiedSignature> {
  const about = { format: 'cosign', manifest: signature.digest } as const
  let claimed: VerifiedSignature['signer'] = UNKNOWN
  try {
    const content = await readLayer(trust.read, layer)
    const isEnvelope = layer.mediaType === ENVELOPE
    const bundle = (isEnvelope ? envelopeBundle : messageBundle)(content, layer.annotations)
    claimed = claimedSigner(bundle)
    const artifact = isEnvelope ? undefined : content
    const predicateType = statedBy(bundle, artifact, subject)
    const ready = await readyAnchors(trust.anchors)
    const seen = {
      ...{ ...about, claimed, checks: [passed('subject', 'it is about this manifest')] },
      ...(predicateType !== undefined && { predicateType }),
    }
    const { now } = trust
    return await judge(seen, [...ready.keys()], (anchor) =>
      acceptBundle(bundle, artifact, { ready: ready.get(anchor), now }),
    )
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
