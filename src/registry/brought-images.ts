import { Lru } from '../lib/lru.ts'
import { Turns } from '../lib/turns.ts'
import type { Digest } from '../oci/digest.ts'
import type { FetchedManifest } from './image-source.ts'

/** What is forgotten costs requests, and nothing else. */
const MOST_DIGESTS = 200_000
const MOST_BYTES = 32 * 1024 * 1024

/** From which repository to which. */
export interface Between {
  readonly from: string
  readonly to: string
}

/**
 * What one run of copies with the same source, target and options has brought, with everything about it: many tags name
 * the same image, and only the first of them has it asked for.
 */
export class BroughtImages {
  readonly #digests = new Lru<string, true>(MOST_DIGESTS)
  readonly #manifests = new Lru<string, FetchedManifest>(MOST_BYTES)
  readonly #turns = new Turns<string>()

  has(between: Between, digest: Digest): boolean {
    return this.#digests.get(keyOf(between, digest)) === true
  }

  /** Undefined also where it was forgotten. */
  manifest(between: Between, digest: Digest): FetchedManifest | undefined {
    return this.#manifests.get(keyOf(between, digest))
  }

  add(between: Between, digests: Iterable<Digest>, root?: FetchedManifest): void {
    for (const digest of digests) this.#digests.set(keyOf(between, digest), true)
    if (root !== undefined) this.#manifests.set(keyOf(between, root.digest), root, root.content.byteLength)
  }

  /** One after the other, so that the next one finds what the first has brought. */
  inTurn<T>(between: Between, digest: Digest, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(keyOf(between, digest), work)
  }
}

function keyOf({ from, to }: Between, digest: Digest): string {
  return `${from} ${to} ${digest}`
}
