import { createHash, randomBytes } from 'node:crypto'
import type { Digest } from '../../src/oci/digest.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/oci/media-type.ts'

export interface StoredManifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly content: Uint8Array<ArrayBuffer>
}

export interface StoredImage extends StoredManifest {
  /** Config first. */
  readonly blobs: readonly { readonly digest: Digest; readonly content: Uint8Array<ArrayBuffer> }[]
}

interface ImageOptions {
  readonly tag?: string
  /** Of each layer. */
  readonly layerBytes?: readonly number[]
  readonly subject?: StoredManifest
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: { readonly os: string; readonly architecture: string }
}

export function sha256(content: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest
}

/** What an upstream of the tests holds, by repository. */
export class UpstreamContent {
  readonly blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  readonly manifests = new Map<string, StoredManifest>()
  readonly tags = new Map<string, Map<string, Digest>>()

  /** An image with random layers, put into the repository and tagged. */
  addImage(name: string, options: ImageOptions = {}): StoredImage {
    const { layerBytes = [1000], subject, artifactType, annotations, platform } = options
    const config = new TextEncoder().encode(
      JSON.stringify({ ...(platform ?? { os: 'linux', architecture: 'amd64' }), id: randomBytes(8).toString('hex') }),
    )
    const layers = layerBytes.map((size) => new Uint8Array(randomBytes(size)))
    const blobs = [config, ...layers].map((content) => ({ digest: sha256(content), content }))
    for (const { digest, content } of blobs) this.blobs.set(`${name} ${digest}`, content)
    const [first, ...rest] = blobs.map(({ digest, content }, index) => ({
      mediaType: `application/vnd.oci.image.${index === 0 ? 'config.v1+json' : 'layer.v1.tar+gzip'}`,
      digest,
      size: content.byteLength,
    }))
    const about = subject && { mediaType: subject.mediaType, digest: subject.digest, size: subject.content.byteLength }
    const body = { artifactType, config: first, layers: rest, subject: about, annotations }
    return { ...this.addManifest(name, OCI_MANIFEST, body, options.tag), blobs }
  }

  addIndex(name: string, images: readonly StoredManifest[], tag?: string): StoredManifest {
    const manifests = images.map(({ digest, mediaType, content }) => ({ mediaType, digest, size: content.byteLength }))
    return this.addManifest(name, OCI_INDEX, { manifests }, tag)
  }

  addManifest(name: string, mediaType: string, body: object, tag?: string): StoredManifest {
    const content = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, ...body }))
    return this.put(name, { digest: sha256(content), mediaType, content }, tag)
  }

  put(name: string, manifest: StoredManifest, tag?: string): StoredManifest {
    this.manifests.set(`${name} ${manifest.digest}`, manifest)
    if (tag !== undefined) this.tag(name, tag, manifest.digest)
    return manifest
  }

  tag(name: string, tag: string, digest: Digest): void {
    const tags = this.tags.get(name) ?? new Map<string, Digest>()
    this.tags.set(name, tags.set(tag, digest))
  }

  find(name: string, reference: string): StoredManifest | undefined {
    return this.manifests.get(`${name} ${this.tags.get(name)?.get(reference) ?? reference}`)
  }

  referrers(name: string, subject: string): object[] {
    return [...this.manifests].flatMap(([key, { digest, mediaType, content }]) => {
      if (!key.startsWith(`${name} `)) return []
      const body = JSON.parse(new TextDecoder().decode(content))
      if (body.subject?.digest !== subject) return []
      const artifactType = body.artifactType ?? body.config?.mediaType
      return [{ mediaType, digest, size: content.byteLength, artifactType, annotations: body.annotations }]
    })
  }
}
