import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { type Digest, parseDigest } from '../../oci/digest.ts'
import { type MediaType, OCI_MANIFEST } from '../../oci/media-type.ts'
import { hashOf, keyDigest, parsePublicKey } from '../public-key.ts'
import type { SignatureManifest, Subject } from '../signature.ts'
import { IN_TOTO, PLAIN_SIGNATURE } from '../sigstore/statement.ts'
import { encodedForSigning } from '../sigstore/verify-bundle.ts'
import { makePayload } from './payload.ts'
import { SIGNATURE } from './to-bundle.ts'
import { SIMPLE_SIGNING } from './verifier.ts'

export interface Made {
  readonly blobs: readonly { readonly mediaType: string; readonly digest: Digest; readonly content: Uint8Array }[]
  readonly manifest: {
    readonly digest: Digest
    readonly mediaType: MediaType
    readonly content: Uint8Array<ArrayBuffer>
  }
}

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const EMPTY = 'application/vnd.oci.empty.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'

/** A signature as today’s cosign makes it with a key and without a log: a bundle, about the manifest that it signs. */
export function makeBundleSignature(key: KeyObject, subject: Subject, now: Date): Made {
  const [algorithm = '', hex = ''] = subject.digest.split(':')
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { [algorithm]: hex } }],
    predicateType: PLAIN_SIGNATURE,
    predicate: {},
  }
  const payload = Buffer.from(JSON.stringify(statement))
  const signature = signed(key, encodedForSigning({ payloadType: IN_TOTO, payload }))
  const bundle = blobOf(BUNDLE, {
    mediaType: BUNDLE,
    verificationMaterial: { publicKey: { hint: keyDigest(publicOf(key)).toString('base64') } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: IN_TOTO,
      signatures: [{ sig: signature.toString('base64') }],
    },
  })
  const config = blobOf(EMPTY, {})
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: BUNDLE,
    config: descriptorOf(config),
    layers: [descriptorOf(bundle)],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.sizeBytes },
    annotations: {
      'org.opencontainers.image.created': now.toISOString(),
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': PLAIN_SIGNATURE,
    },
  }
  return { blobs: [config, bundle], manifest: manifestOf(manifest) }
}

const existing = z.looseObject({
  layers: z.array(z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.int() })).max(1000),
})

/**
 * A signature in cosign’s older form, as skopeo and podman read it, besides those that are under the tag already.
 * @throws Problem: something else is under it
 */
export function makeClassicSignature(
  key: KeyObject,
  subject: Subject,
  { reference, under }: { readonly reference: string; readonly under: SignatureManifest | undefined },
): Made {
  const payload = makePayload(subject.digest, reference)
  const layer = { mediaType: SIMPLE_SIGNING, digest: digestOf(payload), content: payload }
  const annotations = { [SIGNATURE]: signed(key, payload).toString('base64') }
  const layers = [...layersUnder(under), { ...descriptorOf(layer), annotations }]
  // Layers are not compressed, so they are what they unpack to.
  const config = blobOf(CONFIG, {
    ...{ architecture: '', os: '', created: '0001-01-01T00:00:00Z', config: {} },
    history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  })
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptorOf(config), layers }
  return { blobs: [config, layer], manifest: manifestOf(manifest) }
}

function layersUnder(under: SignatureManifest | undefined) {
  if (under === undefined) return []
  const parsed = existing.safeParse(JSON.parse(Buffer.from(under.content).toString('utf8')))
  if (parsed.success) return parsed.data.layers
  throw new Problem('conflict', 'under the tag for signatures of this image is something that is none')
}

function signed(key: KeyObject, data: Uint8Array): Buffer {
  return sign(hashOf(publicOf(key)), data, key)
}

/** @throws Problem: of a kind that nobody could verify */
function publicOf(key: KeyObject): KeyObject {
  return parsePublicKey(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString())
}

function blobOf(mediaType: string, value: unknown) {
  const content = Buffer.from(JSON.stringify(value))
  return { mediaType, digest: digestOf(content), content }
}

function descriptorOf({ mediaType, digest, content }: Made['blobs'][number]) {
  return { mediaType, digest, size: content.byteLength }
}

function manifestOf(value: unknown): Made['manifest'] {
  const content = new TextEncoder().encode(JSON.stringify(value))
  return { digest: digestOf(content), mediaType: OCI_MANIFEST, content }
}

function digestOf(content: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(content).digest('hex')}`)
}
