import { findLayers, type SignatureLayer } from '../manifest-layers.ts'
import { openLayers } from '../open-layers.ts'
import { readLayer } from '../read-layer.ts'
import { Rejection } from '../rejection.ts'
import type {
  Candidate,
  LookingAt,
  SignatureManifest,
  SignatureVerifier,
  Subject,
  VerifiedSignature,
} from '../signature.ts'
import { rejected } from '../verdict.ts'
import { claimedSigner, parseBundleBytes } from './bundle.ts'
import { openBundle } from './open-bundle.ts'
import { predicateTypeOf, requireMessage } from './verify-bundle.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle'
const UNKNOWN = { name: 'somebody unknown' }
/** What an image's own manifest may have. */
const MAX_SUBJECT_BYTES = 4 * 1024 * 1024

/** Sigstore's bundles as referrers, as cosign writes them from version 3 on. */
export const sigstoreVerifier: SignatureVerifier = {
  format: 'sigstore-bundle',
  recognizes: ({ content }) => bundleLayers(content).length > 0,
  open: (subject, signature, by) =>
    openLayers(bundleLayers(signature.content), by, (layer) => openLayer(subject, { signature, layer }, by)),
}

function bundleLayers(content: Uint8Array): readonly SignatureLayer[] {
  const layers = findLayers(content)?.layers.filter(({ mediaType }) => mediaType.startsWith(BUNDLE)) ?? []
  // Whatever is said of a bundle beside it, it is the same.
  return layers.map((layer) => ({ ...layer, annotations: {} }))
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
  const about = { format: 'sigstore-bundle', manifest: signature.digest } as const
  let claimed: VerifiedSignature['signer'] = UNKNOWN
  try {
    const bundle = parseBundleBytes(await readLayer(by, layer))
    claimed = claimedSigner(bundle)
    await by.effort.rest()
    const predicateType = predicateTypeOf(bundle, subject.digest)
    const artifact = bundle.content.$case === 'messageSignature' ? await readSubject(by, subject) : undefined
    if (artifact !== undefined) requireMessage(bundle, artifact)
    return await openBundle({ ...about, claimed }, { bundle, artifact, predicateType }, by)
  } catch (error) {
    return rejected({ ...about, claimed }, error)
  }
}

async function readSubject({ read }: LookingAt, { digest }: Subject): Promise<Uint8Array> {
  const content = await read(digest, MAX_SUBJECT_BYTES)
  if (content === undefined) throw new Rejection('subject', 'what it is about is not there')
  return content
}
