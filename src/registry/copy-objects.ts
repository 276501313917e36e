import { inLanes } from '../lib/lanes.ts'
import type { BlobRecord } from '../metadata/blobs.ts'
import type { BlobStore, StorageKey } from '../storage/blob-store.ts'
import { unlessDamaged } from '../storage/damaged-object.ts'

/** Copies at once: each waits for the disk twice. */
const LANES = 8

export interface Copied {
  readonly blobs: number
  /** Objects that are there now. */
  readonly objects: number
  /** Of these, those that were copied now. */
  readonly copied: number
  readonly bytes: number
  readonly copiedBytes: number
  /** What could not be copied, for people. */
  readonly faults: readonly string[]
}

export interface CopyParts {
  readonly from: BlobStore
  readonly to: BlobStore
  readonly progress: (done: { readonly objects: number; readonly bytes: number }) => void
  /** Called before each object is copied; may throw. */
  readonly step: () => void
  /** Where what is there is known already; by default the store is asked. */
  readonly known?: Map<StorageKey, number>
}

/**
 * Copies the object of every blob that is not there yet, durably. An object is never changed under its key, so one of
 * the same size is the same.
 */
export async function copyObjects(blobs: AsyncIterable<BlobRecord>, parts: CopyParts): Promise<Copied> {
  const faults: string[] = []
  let [count, objects, copied, bytes, copiedBytes] = [0, 0, 0, 0, 0]
  await inLanes(blobs, LANES, async (blob) => {
    count++
    if (blob.storageKey === undefined) {
      if (blob.damaged) faults.push(`${blob.digest}: its bytes in the database are damaged`)
      return
    }
    const { digest, sizeBytes, storageKey } = blob
    const isThere = (await sizeAt(parts, storageKey)) === sizeBytes
    const fault = isThere ? undefined : await copyOne(parts, { ...blob, storageKey })
    if (fault !== undefined) return void faults.push(`${digest}: ${fault}`)
    objects++
    if (!isThere) {
      copied++
      copiedBytes += sizeBytes
    }
    parts.known?.set(storageKey, sizeBytes)
    bytes += sizeBytes
    parts.progress({ objects, bytes })
  })
  return { blobs: count, objects, copied, bytes, copiedBytes, faults }
}

async function sizeAt({ to, known }: CopyParts, key: StorageKey): Promise<number | undefined> {
  return known === undefined ? (await to.stat(key))?.sizeBytes : known.get(key)
}

async function copyOne(
  { from, to, step }: CopyParts,
  { storageKey, sizeBytes, damaged }: BlobRecord & { readonly storageKey: string },
): Promise<string | undefined> {
  if (damaged) return 'its stored bytes are damaged'
  const found = await from.open(storageKey)
  if (found === undefined) return 'its stored bytes are missing'
  if (found.sizeBytes !== sizeBytes) {
    await found.content.stream().cancel()
    return `it has ${found.sizeBytes} bytes instead of ${sizeBytes}`
  }
  step()
  const written = await unlessDamaged(to.put(storageKey, found.content), () => undefined)
  if (written === undefined) return 'its stored bytes are damaged'
  if (written === sizeBytes) return undefined
  await to.delete(storageKey)
  throw new Error(`only ${written} of ${sizeBytes} bytes of ${storageKey} were copied`)
}
