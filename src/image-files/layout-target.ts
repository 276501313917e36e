import type { Clock } from '../lib/clock.ts'
import { createHasher } from '../lib/hasher.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { algorithmOf, type Digest, isDigest, parseDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import type { JsonObject } from '../oci/strict-json.ts'
import { type FetchedManifest, type ImageTarget, type OpenBlob, RemoteError } from '../registry/image-source.ts'
import { resuming } from '../registry/resuming.ts'
import { CONTAINERD_NAME, containerdName, type FileImageName, nameOfEntry, REF_NAME } from './image-name.ts'
import { blobFile, INDEX_FILE, LAYOUT_FILE, LAYOUT_VERSION } from './layout-index.ts'

/** Where the files of a layout go: a folder, or an archive. */
export interface LayoutFiles {
  readonly path: string
  has(file: string): boolean
  /** Whole or not at all. */
  write(file: string, sizeBytes: number, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** A manifest that an earlier run wrote; undefined: there is none, or it is damaged. */
  manifest(digest: Digest): Promise<FetchedManifest | undefined>
}

export interface TargetImage {
  readonly named: FileImageName | undefined
  readonly manifest: FetchedManifest
  readonly parsed: Manifest
}

export interface LayoutOptions {
  readonly clock: Clock
  /** What stands in `index.json` already. */
  readonly entries: readonly JsonObject[]
  /** Of the registry that images are named after, for docker; undefined: docker.io. */
  readonly host: string | undefined
}

/** A layout as a place that images go to. It has its images when it is finished. */
export interface LayoutTarget extends ImageTarget {
  /** Those that were put, named or not. */
  images(): readonly TargetImage[]
  /** Writes what says which images there are. */
  finish(): Promise<void>
}

export function createLayoutTarget(files: LayoutFiles, options: LayoutOptions): LayoutTarget {
  const index = new TargetIndex(options)
  const manifests = new Map<Digest, FetchedManifest>()
  const find = async (digest: Digest) => manifests.get(digest) ?? (await files.manifest(digest))
  return {
    label: files.path,
    resolve: async (name, reference) => {
      const digest = isDigest(reference) ? reference : index.find(name, reference)
      const found = digest && (await find(digest))
      return found && { digest: found.digest, mediaType: found.mediaType, sizeBytes: found.content.byteLength }
    },
    hasBlob: async (_name, digest) => files.has(blobFile(digest)),
    mountBlob: async () => false,
    putBlob: (_name, blob, open, signal) => putBlob(files, options.clock, { blob, open, signal }),
    putManifest: async (name, manifest, tags) => {
      const { digest, content } = manifest
      const parsed = parseManifest(content, manifest.mediaType)
      if (!files.has(blobFile(digest))) await files.write(blobFile(digest), content.byteLength, once(content))
      manifests.set(digest, manifest)
      index.put({ manifest, parsed }, { name, tags })
    },
    deleteTag: async (name, tag) => index.remove(name, tag),
    images: () => index.images(),
    finish: async () => {
      await writeText(files, LAYOUT_FILE, JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION }))
      await writeText(files, INDEX_FILE, index.text())
    },
  }
}

interface PutBlob {
  readonly blob: Descriptor
  readonly open: OpenBlob
  readonly signal: AbortSignal | undefined
}

async function putBlob(files: LayoutFiles, clock: Clock, { blob, open, signal }: PutBlob): Promise<void> {
  const digest = parseDigest(blob.digest)
  const hasher = createHasher(algorithmOf(digest))
  async function* checked(): AsyncGenerator<Uint8Array> {
    for await (const piece of resuming({ open, sizeBytes: blob.size, clock, signal })) {
      hasher.update(piece)
      yield piece
    }
    if (`${algorithmOf(digest)}:${hasher.hex()}` !== digest)
      throw new RemoteError('invalid', `the bytes that came for the blob ${digest} are others; they were not kept`)
  }
  await files.write(blobFile(digest), blob.size, checked())
}

export async function writeText(files: LayoutFiles, name: string, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text)
  await files.write(name, bytes.byteLength, once(bytes))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

type Put = Pick<TargetImage, 'manifest' | 'parsed'>

/** What `index.json` will say. */
class TargetIndex {
  readonly #host: string | undefined
  /** Named images, by their whole names. */
  readonly #named = new Map<string, { readonly named: FileImageName; readonly json: JsonObject; readonly put?: Put }>()
  /** Without a name: what an index holds is found through it, and what is left says whom it is about. */
  readonly #unnamed = new Map<string, { readonly json: JsonObject; readonly put?: Put }>()

  constructor({ entries, host }: LayoutOptions) {
    this.#host = host
    for (const json of entries) {
      const named = nameOfEntry((json.annotations ?? {}) as Readonly<Record<string, string>>)
      if (named === undefined) this.#unnamed.set(String(json.digest), { json })
      else this.#named.set(keyOf(named), { named, json })
    }
  }

  find(name: string, tag: string): Digest | undefined {
    const digest = this.#named.get(keyOf({ name, tag }))?.json.digest
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined
  }

  put(put: Put, { name, tags }: { readonly name: string; readonly tags: readonly string[] }): void {
    const { digest, mediaType, content } = put.manifest
    const json = { mediaType, digest, size: content.byteLength }
    for (const child of put.parsed.children) this.#unnamed.delete(child.digest)
    if (tags.length === 0) this.#unnamed.set(digest, { json, put })
    else this.#unnamed.delete(digest)
    for (const tag of tags) {
      const named = { name, tag }
      this.#named.set(keyOf(named), { named, put, json: { ...json, annotations: this.#annotations(named) } })
    }
  }

  remove(name: string, tag: string): boolean {
    return this.#named.delete(keyOf({ name, tag }))
  }

  images(): readonly TargetImage[] {
    const named = [...this.#named.values()].flatMap(({ named, put }) => (put ? [{ named, ...put }] : []))
    return [...named, ...[...this.#unnamed.values()].flatMap(({ put }) => (put ? [{ named: undefined, ...put }] : []))]
  }

  text(): string {
    const entries = [...this.#named.values(), ...this.#unnamed.values()].map(({ json }) => json)
    return JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: entries,
    })
  }

  #annotations(named: FileImageName): Readonly<Record<string, string>> {
    if (named.name === '') return { [REF_NAME]: named.tag }
    return { [CONTAINERD_NAME]: containerdName(named, this.#host), [REF_NAME]: named.tag }
  }
}

function keyOf({ name, tag }: FileImageName): string {
  return `${name}:${tag}`
}
