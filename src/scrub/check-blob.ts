import { type BlobRecord, readSmallBlob } from '../metadata/blobs.ts'
import type { Executor } from '../metadata/db.ts'
import { algorithmOf, type Digest } from '../oci/digest.ts'
import { foundText } from '../registry/damage.ts'
import { addToHash, digestOf, newHash } from '../registry/running-hashes.ts'
import type { BlobStore, Content } from '../storage/blob-store.ts'

export interface ScrubParts {
  readonly reader: Executor
  readonly blobs: BlobStore
}

/** What is wrong with the stored bytes of a blob, for people; undefined: nothing. */
export type Fault = string | undefined

/**
 * Reads a blob's bytes and compares them with its digest, twice before it says that they are wrong. Yields how many
 * bytes it has just read, a chunk at a time, so that the caller sets the pace. @throws PlaceAway when the bytes are in an
 * adopted place that cannot be read
 */
export async function* checkBlob(parts: ScrubParts, blob: BlobRecord): AsyncGenerator<number, Fault> {
  const fault = yield* checkOnce(parts, blob)
  return fault === undefined ? undefined : yield* checkOnce(parts, blob)
}

async function* checkOnce({ reader, blobs }: ScrubParts, blob: BlobRecord): AsyncGenerator<number, Fault> {
  if (blob.storageKey === undefined) {
    const content = await readSmallBlob(reader, blob.digest)
    if (content === undefined) return foundText(blob, undefined)
    return yield* checkBytes(blob, new Blob([new Uint8Array(content)]))
  }
  const found = await blobs.open(blob.storageKey)
  if (found?.sizeBytes === blob.sizeBytes) return yield* checkBytes(blob, found.content)
  await found?.content.stream().cancel()
  return foundText(blob, found?.sizeBytes)
}

async function* checkBytes(blob: BlobRecord, content: Content): AsyncGenerator<number, Fault> {
  try {
    const actual = yield* hashInSteps(content, blob.digest)
    return actual === blob.digest ? undefined : foundText(blob, blob.sizeBytes)
  } catch (error) {
    return `bytes that cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function* hashInSteps(content: Content, like: Digest): AsyncGenerator<number, Digest> {
  const hash = newHash(algorithmOf(like))
  for await (const chunk of content.stream()) {
    addToHash(hash, chunk)
    yield chunk.byteLength
  }
  return digestOf(hash)
}
