import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface Described {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly [more: string]: unknown
}

/** Images that name each other, as a test makes them: bytes by digest, and tags. */
export class ImageGraph {
  readonly contents = new Map<string, Uint8Array>()
  readonly tags = new Map<string, Described>()
  /** What is about something, by the digest of that. */
  readonly referrers = new Map<string, Described[]>()

  blob(bytes: Uint8Array | string, mediaType = LAYER): Described {
    const raw = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
    const digest = `sha256:${createHash('sha256').update(raw).digest('hex')}`
    this.contents.set(digest, raw)
    return { mediaType, digest, size: raw.length }
  }

  image(label: string, layers: readonly Described[], more: Readonly<Record<string, unknown>> = {}): Described {
    const config = this.blob(JSON.stringify({ architecture: 'amd64', os: 'linux', label }), CONFIG)
    return this.manifest({ schemaVersion: 2, mediaType: IMAGE, config, layers, ...more })
  }

  index(manifests: readonly Described[], more: Readonly<Record<string, unknown>> = {}): Described {
    return this.manifest({ schemaVersion: 2, mediaType: INDEX, manifests, ...more })
  }

  manifest(body: { readonly mediaType: string; readonly [key: string]: unknown }): Described {
    const made = this.blob(JSON.stringify(body), body.mediaType)
    const { subject } = body as { subject?: Described }
    if (subject !== undefined) {
      const others = this.referrers.get(subject.digest) ?? []
      if (!others.some(({ digest }) => digest === made.digest)) this.referrers.set(subject.digest, [...others, made])
    }
    return made
  }

  tag(tag: string, root: Described): void {
    this.tags.set(tag, root)
  }

  /** Everything that an image consists of and, with referrers, what is about any of it. */
  reachable(root: string, withReferrers: boolean, seen = new Set<string>()): ReadonlySet<string> {
    if (seen.has(root)) return seen
    seen.add(root)
    const text = new TextDecoder().decode(this.contents.get(root))
    const { manifests = [], config, layers = [] } = isManifest(text) ? (JSON.parse(text) as Body) : {}
    for (const { digest } of [...manifests]) this.reachable(digest, withReferrers, seen)
    for (const { digest } of [...layers, ...(config === undefined ? [] : [config])]) seen.add(digest)
    if (!withReferrers || !isManifest(text)) return seen
    for (const { digest } of this.referrers.get(root) ?? []) this.reachable(digest, true, seen)
    for (const suffix of ['sig', 'att', 'sbom']) {
      const signature = this.tags.get(`${root.replace(':', '-')}.${suffix}`)
      if (signature !== undefined) this.reachable(signature.digest, true, seen)
    }
    return seen
  }

  /** An OCI image layout of all of it; what has a subject stands in its index without a name. */
  writeLayout(folder: string): void {
    for (const [digest, bytes] of this.contents) write(join(folder, 'blobs', digest.replace(':', '/')), bytes)
    const named = [...this.tags].map(([tag, root]) => ({
      ...root,
      annotations: { 'org.opencontainers.image.ref.name': tag },
    }))
    const manifests = [...named, ...[...this.referrers.values()].flat()]
    write(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    write(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }))
  }
}

interface Body {
  readonly manifests?: readonly Described[]
  readonly layers?: readonly Described[]
  readonly config?: Described
}

function isManifest(text: string): boolean {
  return text.startsWith('{"schemaVersion":2')
}

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
