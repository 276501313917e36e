import { createHash } from 'node:crypto'
import { type Digest, parseDigest } from '../../../src/oci/digest.ts'
import { fromBothEnds } from '../../../src/trust/bounded.ts'
import { mayBeSignature, type Referrer, type SignaturePlace } from '../../../src/trust/discover.ts'
import type { SignatureManifest, Subject } from '../../../src/trust/signature.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'

export interface LayerToPut {
  readonly mediaType: string
  readonly content: Uint8Array | string
  readonly annotations?: Readonly<Record<string, string>>
}

/** A repository in memory, in which somebody signed what he liked. */
export class MemoryPlace implements SignaturePlace {
  readonly #manifests = new Map<string, SignatureManifest>()
  readonly #blobs = new Map<Digest, Uint8Array>()
  readonly #referrers = new Map<Digest, Referrer[]>()

  referrers = async (subject: Digest, limit: number): Promise<readonly Referrer[]> =>
    fromBothEnds((this.#referrers.get(subject) ?? []).filter((each) => mayBeSignature(each.artifactType))).slice(
      0,
      limit,
    )
  manifest = async (reference: string): Promise<SignatureManifest | undefined> => this.#manifests.get(reference)
  blob = async (digest: Digest): Promise<Uint8Array | undefined> => this.#blobs.get(digest)

  subject(label: string): Subject {
    return this.subjectOf(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, label })))
  }

  subjectOf(content: Uint8Array): Subject {
    const { digest } = this.#put(content)
    return { digest, mediaType: MANIFEST, sizeBytes: content.byteLength }
  }

  #put(content: Uint8Array): SignatureManifest {
    const manifest = { digest: digestOf(content), content }
    this.#manifests.set(manifest.digest, manifest)
    return manifest
  }

  #image(artifactType: string, layers: readonly LayerToPut[]): SignatureManifest {
    const described = layers.map(({ mediaType, content, annotations }) => {
      const bytes = Buffer.from(content)
      const digest = digestOf(bytes)
      this.#blobs.set(digest, bytes)
      return { mediaType, digest, size: bytes.byteLength, ...(annotations && { annotations }) }
    })
    return this.#put(
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, artifactType, layers: described })),
    )
  }

  refer(subject: Subject, layers: readonly LayerToPut[], artifactType = BUNDLE): SignatureManifest {
    const manifest = this.#image(artifactType, layers)
    const listed = this.#referrers.get(subject.digest) ?? []
    this.#referrers.set(subject.digest, [...listed, { digest: manifest.digest, artifactType }])
    return manifest
  }

  tag(subject: Subject, ending: string, layers: readonly LayerToPut[]): SignatureManifest {
    const manifest = this.#image('', layers)
    this.#manifests.set(`${subject.digest.replace(':', '-')}${ending}`, manifest)
    return manifest
  }

  /** The list that clients keep where a registry has no referrers API. */
  list(subject: Subject, layers: readonly LayerToPut[]): void {
    const { digest } = this.#image(BUNDLE, layers)
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [{ digest, artifactType: BUNDLE }] }))
    this.#manifests.set(subject.digest.replace(':', '-'), { digest: digestOf(index), content: index })
  }
}

export function digestOf(content: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(content).digest('hex')}`)
}
