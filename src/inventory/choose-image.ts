import { z } from 'zod'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import { type ManifestHead, readManifestContent } from '../metadata/manifests.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isImage } from '../oci/runnable.ts'
import type { Spot } from '../registry/operation.ts'
import { findImage } from './store.ts'

/** A manifest of a repository. */
interface ImageAt {
  readonly spot: Spot
  readonly head: ManifestHead
}

/** Images of an index that are told of; more than any index of platforms has. */
const MAX_IMAGES = 50
/** Manifests that are looked at for them. */
const MAX_MANIFESTS = 200
/** Of indexes in indexes. */
const MAX_DEPTH = 8
const USUAL_PLATFORM = 'linux/amd64'

export const platformQuery = z
  .string()
  .max(100)
  .optional()
  .describe(`Of an index: which of its images; ${USUAL_PLATFORM} when nothing is said.`)

export interface PlatformImage {
  readonly digest: Digest
  /** Undefined: nobody looked into it yet, or it does not say. */
  readonly platform: string | undefined
}

export interface ImagesOfIndex {
  readonly images: readonly PlatformImage[]
  /** Why these are not all, for people. */
  readonly reasons: readonly string[]
}

/** The images that an index and the indexes in it name, without attestations; undefined: it is no index. */
export async function imagesOf(executor: Executor, { head }: ImageAt): Promise<ImagesOfIndex | undefined> {
  const content = await readManifestContent(executor, head.repositoryId, head.digest)
  if (content === undefined) return undefined
  const manifest = parseManifest(content, head.mediaType)
  if (manifest.kind !== 'index') return undefined
  const walk = new IndexWalk(async (digest) => {
    const child = await readManifestContent(executor, head.repositoryId, digest)
    return child && parseManifest(child, undefined)
  })
  await walk.follow(manifest)
  const images: PlatformImage[] = []
  for (const digest of walk.images)
    images.push({ digest, platform: (await findImage(executor, digest))?.facts.platform })
  return { images, reasons: walk.reasons() }
}

/** Anybody can push indexes that name each other by the thousand. */
class IndexWalk {
  readonly images: Digest[] = []
  readonly #read: (digest: Digest) => Promise<Manifest | undefined>
  readonly #seen = new Set<string>()
  #absent = 0
  #beyond = 0

  constructor(read: (digest: Digest) => Promise<Manifest | undefined>) {
    this.#read = read
  }

  async follow({ children }: Manifest, depth = 1): Promise<void> {
    for (const { digest } of children) {
      if (this.#seen.has(digest)) continue
      this.#seen.add(digest)
      if (this.#seen.size > MAX_MANIFESTS) this.#beyond++
      else await this.#visit(isDigest(digest) ? digest : undefined, depth)
    }
  }

  reasons(): string[] {
    return [
      ...(this.#absent === 0 ? [] : [`${this.#absent} of the manifests that the index names are not here`]),
      ...(this.#beyond === 0 ? [] : [`${this.#beyond} more manifests of the index were not looked at`]),
    ]
  }

  async #visit(digest: Digest | undefined, depth: number): Promise<void> {
    const manifest = digest && (await this.#read(digest))
    if (digest === undefined || manifest === undefined) this.#absent++
    else if (manifest.kind === 'index') await this.#descend(manifest, depth)
    else if (isImage(manifest)) this.#add(digest)
  }

  async #descend(index: Manifest, depth: number): Promise<void> {
    if (depth >= MAX_DEPTH) this.#beyond++
    else await this.follow(index, depth + 1)
  }

  #add(digest: Digest): void {
    if (this.images.length >= MAX_IMAGES) this.#beyond++
    else this.images.push(digest)
  }
}

/** The image that is meant: itself, or of an index the one of a platform. @throws Problem */
export async function chooseImage(executor: Executor, at: ImageAt, platform: string | undefined): Promise<Digest> {
  const found = await imagesOf(executor, at)
  if (found === undefined) return at.head.digest
  const { images } = found
  const wanted = platform ?? USUAL_PLATFORM
  const chosen = images.find((image) => image.platform === wanted) ?? (platform === undefined ? images[0] : undefined)
  if (chosen !== undefined) return chosen.digest
  const known = images.map((image) => image.platform ?? image.digest).join(', ')
  throw new Problem('not-found', `the index has no image of ${wanted}; it has ${known === '' ? 'none' : known}`)
}
