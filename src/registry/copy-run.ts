import { inLanes } from '../lib/lanes.ts'
import type { Digest } from '../oci/digest.ts'
import type { BroughtImages } from './brought-images.ts'
import { type ImageSource, type ImageTarget, RemoteError } from './image-source.ts'

/** Depth and number of manifests as no honest image has them (zot #4318, #4325). */
export const MAX_COPY_DEPTH = 8
export const MAX_COPY_MANIFESTS = 1000
/** Of all manifests of one copy: they are in memory together. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024

export type CopyProgress =
  | {
      readonly type: 'blob'
      readonly digest: Digest
      readonly sizeBytes: number
      readonly how: 'copied' | 'mounted' | 'present'
    }
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'manifest'; readonly digest: Digest; readonly how: 'copied' | 'present' }

/** From where to where one copy goes. */
export interface CopyRoute {
  readonly source: ImageSource
  readonly target: ImageTarget
  readonly from: string
  readonly to: string
  readonly platforms: readonly string[] | undefined
  readonly mountFrom: readonly string[]
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly brought: BroughtImages | undefined
  readonly sourceTags: ReadonlySet<string> | undefined
  readonly onProgress: (progress: CopyProgress) => void
}

/** What all parts of one copy share: the way, and what was done so far. */
export class CopyRun {
  readonly route: CopyRoute
  manifests = 0
  blobs = 0
  bytes = 0
  #seen = 0
  #manifestBytes = 0

  constructor(route: CopyRoute) {
    this.route = route
  }

  report(progress: CopyProgress): void {
    if (progress.type === 'bytes') this.bytes += progress.bytes
    else if (progress.how !== 'present') this[progress.type === 'blob' ? 'blobs' : 'manifests']++
    this.route.onProgress(progress)
  }

  /** Each manifest once, before it is read. @throws RemoteError */
  countManifest(): void {
    if (++this.#seen > MAX_COPY_MANIFESTS)
      throw this.invalid(`the image consists of more than ${MAX_COPY_MANIFESTS} manifests`)
  }

  /** @throws RemoteError */
  countManifestBytes(bytes: number): void {
    this.#manifestBytes += bytes
    if (this.#manifestBytes > MAX_MANIFEST_BYTES)
      throw this.invalid('the manifests of the image are larger than 64 MiB together')
  }

  /** Several at once, and nothing more after an abort or a failure. */
  async each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const { signal, concurrency } = this.route
    async function* unlessAborted() {
      for (const item of items) {
        signal?.throwIfAborted()
        yield item
      }
    }
    await inLanes(unlessAborted(), Math.max(1, Math.min(concurrency, items.length)), work)
  }

  /** Brought by this run already, with everything about it. */
  isBrought(digest: Digest): boolean {
    return this.route.brought?.has(this.route, digest) === true
  }

  /** Whether this tag, by which something about an image would be found, is known not to be there. */
  lacksTag(tag: string): boolean {
    const { source, sourceTags } = this.route
    // A registry with the API may keep such tags out of its lists.
    return sourceTags !== undefined && source.lacksReferrersApi?.() === true && !sourceTags.has(tag)
  }

  invalid(problem: string): RemoteError {
    const { source, from } = this.route
    return new RemoteError('invalid', `${source.label}: ${from === '' ? '' : `${from}: `}${problem}`)
  }
}
