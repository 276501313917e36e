import { type Content, contentOf } from '../../faults/support/client.ts'
import { Random } from '../../faults/support/random.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../faults/support/workload.ts'

/** What the server is told in its config file. */
export const LEASE_MS = 6000
export const BIN_MS = 4000

/** A manifest that was pushed, and what it names. */
export interface Image extends Content {
  readonly mediaType: string
  readonly blobs: readonly Content[]
  readonly children: readonly string[]
  readonly subject: string | undefined
}

const POOL = 160

/** Contents that everybody pushes, mounts and deletes: half in rows, half in files. */
export function makePool(seed: number): Content[] {
  const random = new Random(seed)
  return Array.from({ length: POOL }, (_, index) =>
    contentOf(random.bytes(index % 2 === 0 ? random.between(50, 16_384) : random.between(16_385, 90_000))),
  )
}

function descriptor({ digest, bytes }: Content, mediaType: string): object {
  return { mediaType, digest, size: bytes.length }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

export function plainImage(blobs: readonly Content[], nonce: string, subject?: Image): Image {
  const [config, ...layers] = blobs
  if (config === undefined) throw new Error('an image needs a config')
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptor(layer, 'application/vnd.oci.image.layer.v1.tar')),
    annotations: { nonce },
    ...(subject === undefined ? {} : { subject: descriptor(subject, subject.mediaType) }),
  }
  const content = contentOf(utf8(JSON.stringify(body)))
  return { ...content, mediaType: OCI_MANIFEST, blobs, children: [], subject: subject?.digest }
}

export function indexOf(children: readonly Image[], nonce: string): Image {
  const manifests = children.map((child) => descriptor(child, child.mediaType))
  const content = contentOf(
    utf8(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests, annotations: { nonce } })),
  )
  return {
    ...{ ...content, mediaType: OCI_INDEX, blobs: [], subject: undefined },
    children: children.map(({ digest }) => digest),
  }
}

interface Kept {
  readonly image: Image
  /** When its last push was sent: until its lease is over it stays without a name. */
  pushedAt: number
  /** Nothing named it for a moment, so the collector may have taken it. */
  maybe: boolean
}

/** What one repository owes to its only client, who asks for one thing after the other. */
export class Shelf {
  readonly name: string
  readonly tags = new Map<string, string>()
  readonly #images = new Map<string, Kept>()
  /** Until when a blob stays without a manifest. */
  readonly #promised = new Map<string, number>()
  /** What a request wanted whose answer never came: of these tags any value, of these manifests either state will do. */
  readonly unsureTags = new Map<string, ReadonlySet<string | undefined>>()
  readonly unsure = new Set<string>()
  /** The server went away: from now on what is unsure is not owed. */
  isBroken = false

  constructor(name: string) {
    this.name = name
  }

  get size(): number {
    return this.#images.size
  }

  clear(): void {
    this.tags.clear()
    this.#images.clear()
    this.#promised.clear()
  }

  image(digest: string): Image | undefined {
    return this.#images.get(digest)?.image
  }

  all(): Image[] {
    return [...this.#images.values()].map(({ image }) => image)
  }

  /** From these moments on things may have gone; to be called before and after everything that is done. */
  settle(): ReadonlySet<string> {
    const required = this.required()
    for (const [digest, kept] of this.#images) if (!required.has(digest)) kept.maybe = true
    return required
  }

  /** Manifests that must be there now: tagged, just pushed, in such an index, or about such a subject. */
  required(now = Date.now()): Set<string> {
    const required = new Set<string>()
    const visit = (digest: string) => {
      const kept = this.#images.get(digest)
      if (kept === undefined || kept.maybe || required.has(digest)) return
      if (this.isBroken && this.unsure.has(digest)) return
      required.add(digest)
      for (const child of kept.image.children) visit(child)
      for (const { image } of this.#images.values()) if (image.subject === digest) visit(image.digest)
    }
    for (const [tag, digest] of this.tags) if (!(this.isBroken && this.unsureTags.has(tag))) visit(digest)
    for (const [digest, { pushedAt }] of this.#images) if (pushedAt + LEASE_MS > now) visit(digest)
    return required
  }

  /** A push that was answered with 201. What it names was there then. */
  pushed(image: Image, sentAt: number, tag?: string): void {
    this.#images.set(image.digest, { image, pushedAt: sentAt, maybe: false })
    for (const child of image.children) this.#confirm(child)
    if (tag !== undefined) this.tags.set(tag, image.digest)
  }

  /** Back from the recycle bin. */
  restored(image: Image, tags: readonly string[]): void {
    this.#images.set(image.digest, { image, pushedAt: 0, maybe: false })
    for (const tag of tags) this.tags.set(tag, image.digest)
  }

  #confirm(digest: string): void {
    const kept = this.#images.get(digest)
    if (kept !== undefined) kept.maybe = false
  }

  /** Returns the tags that went with it. */
  removed(digest: string): string[] {
    this.#images.delete(digest)
    const tags = [...this.tags].filter(([, named]) => named === digest).map(([tag]) => tag)
    for (const tag of tags) this.tags.delete(tag)
    return tags
  }

  promise(digest: string, until: number): void {
    this.#promised.set(digest, Math.max(until, this.#promised.get(digest) ?? 0))
  }

  unpromise(digest: string): void {
    this.#promised.delete(digest)
  }

  isPromised(digest: string, now = Date.now()): boolean {
    return (this.#promised.get(digest) ?? 0) > now
  }

  promises(): string[] {
    return [...this.#promised.keys()]
  }

  usersOf(blob: string): Image[] {
    return this.all().filter((image) => image.blobs.some(({ digest }) => digest === blob))
  }

  /** Whether a manifest that must be there names it. */
  needs(blob: string): boolean {
    const required = this.required()
    return this.usersOf(blob).some(({ digest }) => required.has(digest))
  }
}
