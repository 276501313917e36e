import { type Digest, isDigest } from '../oci/digest.ts'
import type { ImageTarget } from './image-source.ts'

/**
 * The same target for many images at once: a blob that several of them have is brought by the first, and mounted for the
 * others, whatever their repositories. Only what came in the same run: nothing else that the target holds is given to
 * a source that merely knows its digest.
 */
export function sharingBlobs(target: ImageTarget): ImageTarget {
  /** The repository that has it, or undefined when bringing it failed. */
  const brought = new Map<Digest, Promise<string | undefined>>()
  return {
    ...target,
    putBlob: async (name, blob, open, signal) => {
      const { digest } = blob
      if (!isDigest(digest)) return target.putBlob(name, blob, open, signal)
      const earlier = brought.get(digest)
      const bring = async () => {
        const from = await earlier
        if (from !== undefined && (await take(name, digest, from, signal))) return
        await target.putBlob(name, blob, open, signal)
      }
      const work = bring()
      const holder = work.then(
        () => name,
        () => undefined,
      )
      brought.set(digest, holder)
      await work
    },
  }

  async function take(name: string, digest: Digest, from: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (await target.hasBlob(name, digest, signal)) return true
    return from !== name && target.mountBlob(name, digest, from, signal)
  }
}
