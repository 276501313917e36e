import type { Digest } from '../oci/digest.ts'
import type { ImageSource, ImageTarget } from './image-source.ts'

/** One image, or one manifest, to be brought elsewhere with all that it names. */
export interface ImageCopy {
  readonly source: ImageSource
  readonly target: ImageTarget
  readonly from: { readonly name: string; readonly reference: string }
  /** No tags: by digest only. */
  readonly to: { readonly name: string; readonly tags: readonly string[] }
  /** Of an index only these (`linux/arm64`, `linux/arm/v7`); undefined: all. The index itself is copied as it is, where the target takes it so. */
  readonly platforms?: readonly string[] | undefined
  /** Signatures, attestations, SBOMs: what has the image, or one of its parts, as subject, and cosign's tags. */
  readonly referrers: boolean
  /** Repositories of the target that may hold blobs already. */
  readonly mountFrom?: readonly string[]
  /** Blobs at a time. */
  readonly concurrency?: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: CopyProgress) => void
}

export type CopyProgress =
  | {
      readonly type: 'blob'
      readonly digest: Digest
      readonly sizeBytes: number
      readonly how: 'copied' | 'mounted' | 'present'
    }
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'manifest'; readonly digest: Digest; readonly how: 'copied' | 'present' }

export interface CopiedImage {
  readonly digest: Digest
  readonly manifests: number
  readonly blobs: number
  readonly bytes: number
}

/**
 * Brings an image from one place to another: blobs first, then the manifests that name them, the root last, so that what
 * breaks off in between leaves nothing with a name. What the target has is not sent again. @throws RemoteError, OciError
 */
export async function copyImage(_copy: ImageCopy): Promise<CopiedImage> {
  throw new Error('not written yet')
}
