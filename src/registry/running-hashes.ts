import { createHasher, type Hasher } from '../lib/hasher.ts'
import { Lru } from '../lib/lru.ts'
import type { Content } from '../storage/blob-store.ts'
import { algorithmOf, type Digest, type DigestAlgorithm, parseDigest } from '../oci/digest.ts'

/** Uploads whose hash is remembered between requests; of others the bytes are read again at the end. */
const MAX_UPLOADS = 10_000

export interface RunningHash {
  readonly algorithm: DigestAlgorithm
  readonly hasher: Hasher
  /** Bytes hashed so far; the hash is of use only while this equals what is stored. */
  sizeBytes: number
}

/** The hash of each unfinished upload, kept in memory so that the closing PUT need not read the bytes again. */
export class RunningHashes {
  readonly #hashes = new Lru<string, RunningHash>(MAX_UPLOADS)

  start(uploadId: string, algorithm: DigestAlgorithm): void {
    this.#hashes.set(uploadId, newHash(algorithm))
  }

  /** Takes a hash out for an upload of that size; whoever hashes on puts it back. A failure in between just drops it. */
  take(uploadId: string, sizeBytes: number): RunningHash | undefined {
    const hash = this.#hashes.get(uploadId)
    this.#hashes.delete(uploadId)
    return hash?.sizeBytes === sizeBytes ? hash : undefined
  }

  /** Whether this process started the upload, and has received nothing for it. */
  isNew(uploadId: string): boolean {
    return this.#hashes.get(uploadId)?.sizeBytes === 0
  }

  put(uploadId: string, hash: RunningHash): void {
    this.#hashes.set(uploadId, hash)
  }

  forget(uploadId: string): void {
    this.#hashes.delete(uploadId)
  }
}

export function newHash(algorithm: DigestAlgorithm): RunningHash {
  return { algorithm, hasher: createHasher(algorithm), sizeBytes: 0 }
}

export function addToHash(hash: RunningHash, bytes: Uint8Array): void {
  hash.hasher.update(bytes)
  hash.sizeBytes += bytes.byteLength
}

/** Ends the hash: it takes no more bytes. */
export function digestOf(hash: RunningHash): Digest {
  return parseDigest(`${hash.algorithm}:${hash.hasher.hex()}`)
}

/** The digest of bytes in memory by the same algorithm as `like`. */
export function digestOfBytes(like: Digest, bytes: Uint8Array): Digest {
  const hash = newHash(algorithmOf(like))
  addToHash(hash, bytes)
  return digestOf(hash)
}

/** The digest of stored bytes by the same algorithm as `like`, read in pieces. */
export async function computeDigest(content: Pick<Content, 'stream'>, like: Digest): Promise<Digest> {
  const hash = newHash(algorithmOf(like))
  for await (const chunk of content.stream()) addToHash(hash, chunk)
  return digestOf(hash)
}
