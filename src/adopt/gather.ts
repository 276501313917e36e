import { createHasher } from '../lib/hasher.ts'
import { algorithmOf, type Digest, isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isNonDistributable, MANIFEST_KINDS } from '../oci/media-type.ts'
import type { RepositoryName } from '../oci/name.ts'
import { adoptedKey } from '../storage/adopted/adopted-store.ts'
import { BrokenTree, type TreeLayout } from '../storage/adopted/layout.ts'
import type { StorageKey } from '../storage/blob-store.ts'

export interface GatheredBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly storageKey: StorageKey
}

/** A manifest of a tree that has all it needs, or may lack it. */
export interface GatheredManifest {
  readonly digest: Digest
  readonly manifest: Manifest
  readonly content: Uint8Array<ArrayBuffer>
  readonly blobs: readonly GatheredBlob[]
}

/** Why an image of a tree is not adopted; the message is for people. */
export class Unadoptable extends BrokenTree {}

interface GatherParts {
  readonly layout: TreeLayout
  readonly place: string
  readonly name: RepositoryName
  readonly maxManifestBytes: number
  readonly allowSparse: boolean
}

/** An index of indexes of indexes: none that was meant seriously goes deeper. */
const MAX_DEPTH = 8

/** Looks up what the manifests of one repository in a tree consist of. Each is looked at once. */
export class Gatherer {
  readonly #parts: GatherParts
  readonly #manifests = new Map<Digest, Promise<readonly GatheredManifest[]>>()
  readonly #blobs = new Map<Digest, Promise<GatheredBlob | undefined>>()

  constructor(parts: GatherParts) {
    this.#parts = parts
  }

  /** The manifest and what it lists, which comes first, but for what was entered already. @throws Unadoptable */
  async gather(digest: Digest, depth = 0): Promise<readonly GatheredManifest[]> {
    let found = this.#manifests.get(digest)
    if (found === undefined) {
      found = this.#gather(digest, depth)
      found.catch(() => undefined)
      this.#manifests.set(digest, found)
    }
    return found
  }

  /** It is in the rows by now, and need not be kept in memory. */
  entered(digest: Digest): void {
    this.#manifests.set(digest, NOTHING)
  }

  blob(digest: Digest): Promise<GatheredBlob | undefined> {
    const found = this.#blobs.get(digest) ?? this.#findBlob(digest)
    this.#blobs.set(digest, found)
    return found
  }

  async #gather(digest: Digest, depth: number): Promise<readonly GatheredManifest[]> {
    if (depth > MAX_DEPTH) throw new Unadoptable(`${digest} is listed too deep`)
    const content = await this.#read(digest)
    const manifest = parse(content, digest)
    const { before, blobs } = await this.#listed(manifest, depth)
    blobs.push(...(await this.#layers(manifest)))
    return [...before, { digest, manifest, content, blobs }]
  }

  /** Config and layers. */
  async #layers({ blobs }: Manifest): Promise<readonly GatheredBlob[]> {
    const found: GatheredBlob[] = []
    for (const { digest, mediaType, size } of blobs) {
      if (isNonDistributable(mediaType)) continue
      const blob = isDigest(digest) ? await this.blob(digest) : undefined
      if (blob !== undefined) found.push(requireSize(blob, size))
      else this.#lack(`the blob ${digest} is missing`)
    }
    return found
  }

  async #listed({ children }: Manifest, depth: number): Promise<{ before: GatheredManifest[]; blobs: GatheredBlob[] }> {
    const before: GatheredManifest[] = []
    const blobs: GatheredBlob[] = []
    for (const { digest, size } of children) {
      const found = isDigest(digest) ? await this.#child(digest, size, depth) : undefined
      if (found === undefined) this.#lack(`${digest}, which it lists, is missing`)
      else if ('storageKey' in found) blobs.push(found)
      else before.push(...found)
    }
    return { before, blobs }
  }

  /** An index may list blobs too: build caches do. */
  async #child(
    digest: Digest,
    sizeBytes: number,
    depth: number,
  ): Promise<readonly GatheredManifest[] | GatheredBlob | undefined> {
    try {
      return await this.gather(digest, depth + 1)
    } catch (error) {
      if (!(error instanceof Unadoptable)) throw error
      const blob = await this.blob(digest)
      if (blob?.sizeBytes === sizeBytes) return blob
      if (this.#parts.allowSparse) return undefined
      throw new Unadoptable(`${digest}, which it lists: ${error.message}`)
    }
  }

  async #read(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
    const { layout, name, maxManifestBytes } = this.#parts
    const file = await layout.manifest(name, digest, maxManifestBytes + 1)
    if (file === undefined) throw new Unadoptable('the manifest is missing')
    const { bytes } = file
    if (bytes.byteLength > maxManifestBytes)
      throw new Unadoptable(`the manifest is larger than ${maxManifestBytes} bytes (limits.manifestBytes)`)
    const algorithm = algorithmOf(digest)
    const hasher = createHasher(algorithm)
    hasher.update(bytes)
    if (`${algorithm}:${hasher.hex()}` !== digest)
      throw new Unadoptable(whatElse(bytes) ?? 'the bytes of the manifest are not those of its digest')
    return bytes
  }

  async #findBlob(digest: Digest): Promise<GatheredBlob | undefined> {
    const { layout, place, name } = this.#parts
    const found = await layout.blob(name, digest)
    return found && { digest, sizeBytes: found.sizeBytes, storageKey: adoptedKey(place, found.path) }
  }

  #lack(problem: string): void {
    if (!this.#parts.allowSparse) throw new Unadoptable(problem)
  }
}

const NOTHING: Promise<readonly GatheredManifest[]> = Promise.resolve([])

function requireSize(blob: GatheredBlob, sizeBytes: number): GatheredBlob {
  if (blob.sizeBytes === sizeBytes) return blob
  throw new Unadoptable(`the blob ${blob.digest} has ${blob.sizeBytes} bytes instead of ${sizeBytes}`)
}

function parse(content: Uint8Array, digest: Digest): Manifest {
  try {
    return parseManifest(content, undefined)
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    throw new Unadoptable(whatElse(content) ?? `${digest}: ${error.message}`)
  }
}

/** Manifests of Docker before 1.10 name no config, and no client makes them any more. */
function whatElse(content: Uint8Array): string | undefined {
  try {
    const { schemaVersion, mediaType } = JSON.parse(new TextDecoder().decode(content)) as Record<string, unknown>
    if (schemaVersion === 1) return 'it is a schema 1 manifest, which is not supported; push the image anew'
    if (typeof mediaType === 'string' && MANIFEST_KINDS[mediaType] === undefined)
      return `manifests of type ${mediaType.slice(0, 100)} are not supported`
  } catch {
    // Said by whoever parsed it.
  }
  return undefined
}
