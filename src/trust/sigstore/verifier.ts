import type { Bundle } from '@sigstore/bundle'
import { findLayers, type SignatureLayer } from '../manifest-layers.ts'
import { readLayer } from '../read-layer.ts'
import { readyAnchors } from '../ready-anchors.ts'
import {
  MAX_SIGNATURES,
  type ReadContent,
  type SignatureManifest,
  type SignatureVerifier,
  type Subject,
  type VerifiedSignature,
} from '../signature.ts'
import { judge, passed, rejected, Rejection } from '../verdict.ts'
import { claimedSigner, parseBundleBytes } from './bundle.ts'
import { acceptBundle, predicateTypeOf, requireMessage } from './verify-bundle.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle'
const UNKNOWN = { name: 'somebody unknown' }

type Trust = Parameters<SignatureVerifier['verify']>[2]

/** Sigstore's bundles as referrers, as cosign writes them from version 3 on. */
export const sigstoreVerifier: SignatureVerifier = {
  format: 'sigstore-bundle',
  recognizes: ({ content }) => bundleLayers(content).length > 0,
  verify: async (subject, signature, trust) => {
    const results: VerifiedSignature[] = []
    for (const layer of bundleLayers(signature.content).slice(0, MAX_SIGNATURES))
      results.push(await verifyLayer(subject, { signature, layer }, trust))
    return results
  },
}

function bundleLayers(content: Uint8Array): readonly SignatureLayer[] {
  return findLayers(content)?.layers.filter(({ mediaType }) => mediaType.startsWith(BUNDLE)) ?? []
}

interface Found {
  readonly signature: SignatureManifest
  readonly layer: SignatureLayer
}

async function verifyLayer(subject: Subject, { signature, layer }: Found, trust: Trust): Promise<VerifiedSignature> {
  const about = { format: 'sigstore-bundle', manifest: signature.digest } as const
  try {
    const bundle = parseBundleBytes(await readLayer(trust.read, layer))
    return await verifyRead(subject, { bundle, about }, trust)
  } catch (error) {
    return rejected({ ...about, claimed: UNKNOWN }, error)
  }
}

async function verifyRead(
  subject: Subject,
  { bundle, about }: { readonly bundle: Bundle; readonly about: Pick<VerifiedSignature, 'format' | 'manifest'> },
  { anchors, now, read }: Trust,
): Promise<VerifiedSignature> {
  const claimed = claimedSigner(bundle)
  try {
    const predicateType = predicateTypeOf(bundle, subject.digest)
    const artifact = bundle.content.$case === 'messageSignature' ? await readSubject(read, subject) : undefined
    if (artifact !== undefined) requireMessage(bundle, artifact)
    const ready = await readyAnchors(anchors)
    const seen = {
      ...{ ...about, claimed, checks: [passed('subject', 'it is about this manifest')] },
      ...(predicateType !== undefined && { predicateType }),
    }
    return await judge(seen, [...ready.keys()], (anchor) =>
      acceptBundle(bundle, artifact, { ready: ready.get(anchor), now }),
    )
  } catch (error) {
    return rejected({ ...about, claimed }, error)
  }
}

async function readSubject(read: ReadContent, { digest }: Subject): Promise<Uint8Array> {
  const content = await read(digest)
  if (content === undefined) throw new Rejection('subject', 'what it is about is not there')
  return content
}
