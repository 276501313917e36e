import { type Algorithm, type Content, content, randomBytes } from './content.ts'
import * as m from './manifests.ts'

export const LINUX_AMD64: m.Platform = { os: 'linux', architecture: 'amd64' }
export const LINUX_ARM64: m.Platform = { os: 'linux', architecture: 'arm64' }

export interface CommonOptions {
  readonly tag?: string
  readonly artifactType?: string
  readonly subject?: m.Descriptor
  readonly annotations?: Readonly<Record<string, string>>
  /** More fields than the spec knows: they must come back as they are. */
  readonly extra?: Readonly<Record<string, unknown>>
}

export interface ImageOptions extends CommonOptions {
  readonly config?: m.Descriptor
  readonly layers?: readonly m.Descriptor[]
  readonly platform?: m.Platform
}

export interface IndexOptions extends CommonOptions {
  readonly manifests?: readonly m.Descriptor[]
}

/** Images, indexes and artifacts that belong together, and what a registry must say of them once they are pushed. */
export class DataSet {
  readonly blobs = new Map<string, Content>()
  /** Children before what names them. */
  readonly manifests: m.Manifest[] = []
  readonly tags = new Map<string, m.Manifest>()
  /** By subject. */
  readonly referrers = new Map<string, m.Descriptor[]>()
  readonly label: string
  readonly algorithm: Algorithm
  /** Push tags as `?tag=` of the digest (end-7b), the only way for a manifest by sha512. */
  readonly tagParam: boolean
  #made = 0

  constructor(label: string, options: { algorithm?: Algorithm; tagParam?: boolean } = {}) {
    this.label = label
    this.algorithm = options.algorithm ?? 'sha256'
    this.tagParam = options.tagParam ?? false
  }

  /** Random, but the same for the same seed. */
  unique(): string {
    this.#made += 1
    return Buffer.from(randomBytes(`${this.label}/${this.#made}`, 12)).toString('hex')
  }

  blob(mediaType: string, bytes: Uint8Array | string): m.Descriptor {
    const blob = content(bytes, this.algorithm)
    this.blobs.set(blob.digest, blob)
    return { mediaType, digest: blob.digest, size: blob.bytes.length }
  }

  layer(mediaType: string = m.OCI_LAYER_GZIP): m.Descriptor {
    const text = new TextEncoder().encode(`a layer: ${this.unique()}`)
    return this.blob(mediaType, mediaType.endsWith('+gzip') ? Bun.gzipSync(text) : text)
  }

  config(platform = LINUX_AMD64, extra: Readonly<Record<string, unknown>> = {}): m.Descriptor {
    const config = { ...platform, author: this.unique(), rootfs: { type: 'layers', diff_ids: [] }, ...extra }
    return this.blob(m.OCI_CONFIG, JSON.stringify(config))
  }

  /** Two layers and a config unless told otherwise. */
  image(options: ImageOptions = {}): m.Descriptor {
    const config = options.config ?? this.config(options.platform, options.extra)
    const layers = options.layers ?? [this.layer(), this.layer()]
    const image = this.#add({ mediaType: m.OCI_MANIFEST, config, layers }, options)
    this.#refer(image, options, options.artifactType ?? config.mediaType)
    return image
  }

  /** An image manifest with an artifactType and the empty config; one random blob unless told otherwise. */
  artifact(artifactType: string, options: ImageOptions = {}): m.Descriptor {
    const layers = options.layers ?? [this.blob(artifactType, randomBytes(`${this.label}/${this.unique()}`, 2048))]
    return this.image({ config: this.blob(m.OCI_EMPTY, '{}'), ...options, artifactType, layers })
  }

  /** Two platforms unless told otherwise; an artifactType and a subject are the children's too. */
  index(options: IndexOptions = {}): m.Descriptor {
    const manifests = options.manifests ?? [LINUX_AMD64, LINUX_ARM64].map((platform) => this.#child(platform, options))
    const index = this.#add({ mediaType: m.OCI_INDEX, manifests }, options)
    this.#refer(index, options, options.artifactType)
    return index
  }

  #child(platform: m.Platform, { tag: _, ...options }: IndexOptions): m.Descriptor {
    const { artifactType } = options
    const image =
      artifactType === undefined ? this.image({ ...options, platform }) : this.artifact(artifactType, options)
    return { ...image, platform }
  }

  #add(body: Readonly<Record<string, unknown>>, options: CommonOptions): m.Descriptor {
    const { artifactType, subject, annotations, extra } = options
    const mediaType = String(body.mediaType)
    const bytes = JSON.stringify({ schemaVersion: 2, ...body, artifactType, subject, annotations, ...extra })
    const manifest = { mediaType, ...content(bytes, this.algorithm), ...(subject && { subject: subject.digest }) }
    this.manifests.push(manifest)
    if (options.tag !== undefined) this.tags.set(options.tag, manifest)
    return { mediaType, digest: manifest.digest, size: manifest.bytes.length }
  }

  #refer(manifest: m.Descriptor, { subject, annotations }: CommonOptions, artifactType: string | undefined): void {
    if (subject === undefined) return
    const known = this.referrers.get(subject.digest) ?? []
    const referrer = { ...manifest, ...(artifactType && { artifactType }), ...(annotations && { annotations }) }
    this.referrers.set(subject.digest, [...known, referrer])
  }
}
