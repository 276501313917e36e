import { type Digest, isDigest } from '../oci/digest.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { FetchedManifest } from '../registry/image-source.ts'
import { bringImage } from '../registry/bring-image.ts'
import { imagesFor, platformImages } from '../registry/platforms.ts'
import { pullManifest, readOrSupplyManifest } from '../registry/pull-through.ts'
import type { Registry } from '../registry/registry.ts'
import type { Log } from '../observability/log.ts'
import type { SourceAt } from './source.ts'

/** More than that is a registry that is being read through, and comes when it is asked for. */
const MAX_WAITING = 1000

interface Image {
  readonly name: RepositoryName
  readonly digest: Digest
}

/** Brings the other platforms of an index that was pulled, one image after the other. What a stop leaves undone comes when it is pulled. */
export class Prefetch {
  readonly #registry: Registry
  readonly #log: Log
  readonly #waiting = new Map<string, Image>()
  #working: Promise<void> | undefined

  constructor(registry: Registry, log: Log) {
    this.#registry = registry
    this.#log = log
  }

  /** Of an index, what the source says should come along. */
  consider(name: RepositoryName, { source }: SourceAt, { content, mediaType }: FetchedManifest): void {
    const { platforms } = source.options
    if (platforms.length === 0) return
    const manifest = parseManifest(content, mediaType)
    const wanted = imagesFor(platformImages(manifest, content), platforms).kept
    for (const { descriptor, platform } of wanted)
      if (platform !== undefined && isDigest(descriptor.digest)) this.#add({ name, digest: descriptor.digest })
  }

  /** Resolves when nothing waits. */
  async done(): Promise<void> {
    await this.#working
  }

  #add(image: Image): void {
    if (this.#waiting.size >= MAX_WAITING) return
    this.#waiting.set(`${image.name}@${image.digest}`, image)
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  async #work(): Promise<void> {
    for (const [key, image] of this.#waiting) {
      try {
        await bring(this.#registry, image)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#log.warn('a platform did not come along', { repository: image.name, digest: image.digest, reason })
      }
      this.#waiting.delete(key)
    }
  }
}

/** As if somebody had pulled it. */
async function bring(registry: Registry, { name, digest }: Image): Promise<void> {
  const { head } = await pullManifest(registry, name, digest)
  const manifest = parseManifest(await readOrSupplyManifest(registry, name, head), head.mediaType)
  await bringImage(registry, name, manifest)
}
