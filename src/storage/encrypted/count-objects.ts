import type { BlobStore } from '../blob-store.ts'
import { isKeyObject } from './key-objects.ts'
import { SUFFIX } from './layout.ts'

interface Count {
  readonly objects: number
  /** As stored. */
  readonly bytes: number
}

/** How much of what an inner store holds is encrypted, and how much is not. */
export async function countObjects(inner: BlobStore): Promise<{ readonly encrypted: Count; readonly plain: Count }> {
  const encrypted = { objects: 0, bytes: 0 }
  const plain = { objects: 0, bytes: 0 }
  for await (const { key, sizeBytes } of inner.list()) {
    if (isKeyObject(key)) continue
    const count = key.endsWith(SUFFIX) ? encrypted : plain
    count.objects++
    count.bytes += sizeBytes
  }
  return { encrypted, plain }
}
