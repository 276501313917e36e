import { holdsImage } from '../inventory/held-layers.ts'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import { isImage } from '../oci/runnable.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Log } from '../observability/log.ts'
import { bringImage } from '../registry/bring-image.ts'
import type { Spot } from '../registry/operation.ts'
import { sourcesOf } from '../registry/pull-through.ts'
import type { Registry } from '../registry/registry.ts'
import { enqueueAgain } from './queue-store.ts'
import { INCOMPLETE } from './report.ts'

/** An image that somebody wants, and about which nothing is known. */
export interface WantedImage {
  readonly spot: Spot
  readonly digest: Digest
  readonly manifest: Manifest
}

/** More than that come when they are asked for again. */
const MAX_COMING = 100
const AT_ONCE = 2

/**
 * Has images looked into that nobody gets before that is done. Of a cache, what is missing is brought first: clients ask
 * for layers only when they have the manifest.
 */
export class WantedImages {
  readonly #registry: Registry
  readonly #log: Log
  readonly #turns = new Semaphore(AT_ONCE)
  readonly #coming = new Set<string>()

  constructor(registry: Registry, log: Log) {
    this.#registry = registry
    this.#log = log
  }

  /** True: what is missing of it is on its way. `bring`: it may be. */
  async want(image: WantedImage, bring: boolean): Promise<boolean> {
    const { spot, digest, manifest } = image
    if (!isImage(manifest)) return false
    const key = `${spot.repository}@${digest}`
    if (this.#coming.has(key)) return true
    if (await holdsImage(this.#registry.database.reader, spot.repositoryId, manifest)) {
      await this.#lookAgain(digest)
      return false
    }
    if (!bring || this.#coming.size >= MAX_COMING) return false
    if ((await sourcesOf(this.#registry, spot.repository)).length === 0) return false
    this.#coming.add(key)
    void this.#bring(image).finally(() => this.#coming.delete(key))
    return true
  }

  async #bring({ spot, digest, manifest }: WantedImage): Promise<void> {
    try {
      await this.#turns.run(() => bringImage(this.#registry, spot.repository, manifest))
      await this.#lookAgain(digest)
    } catch (error) {
      this.#log.warn('an image that somebody wants could not be brought', {
        ...{ repository: spot.repository, digest, error },
      })
    }
  }

  async #lookAgain(digest: Digest): Promise<void> {
    const { database, clock } = this.#registry
    try {
      await database.writeQuietly((tx) => enqueueAgain(tx, digest, { now: clock.now(), problem: INCOMPLETE }))
    } catch (error) {
      this.#log.warn('an image that somebody wants could not be noted', { digest, error })
    }
  }
}
