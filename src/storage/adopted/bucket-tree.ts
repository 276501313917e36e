import type { UrlSigner } from '../s3/store.ts'
import type { Bucket } from '../s3/bucket.ts'
import { openObject } from '../s3/read.ts'
import type { Tree, TreeEntry, TreeFile } from './tree.ts'

interface BucketTreeParts {
  readonly bucket: Bucket
  /** Empty, or ends with a slash. */
  readonly prefix: string
  readonly label: string
  readonly sign: UrlSigner
}

/** A tree in a bucket: what other registries call a path is an object's key. */
export function openBucketTree({ bucket, prefix, label, sign }: BucketTreeParts): Tree {
  return {
    label,
    // A bucket that is not there fails by itself.
    requireThere: async () => undefined,
    isDirect: async () => true,
    stat: (path) => bucket.head(prefix + path),
    read: (path, maxBytes) => readSmall(bucket, prefix + path, maxBytes),
    entries: (path) => entriesOf(bucket, path === '' ? prefix : `${prefix}${path}/`),
    open: (path, range) => openObject(bucket, prefix + path, range),
    directUrl: (path, ttlMs) => sign(prefix + path, ttlMs),
  }
}

async function readSmall(bucket: Bucket, key: string, maxBytes: number): Promise<TreeFile | undefined> {
  const found = await bucket.get(key, undefined)
  if (found === undefined) return undefined
  const { body, modifiedAt, release } = found
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of body) {
      parts.push(part)
      length += part.byteLength
      if (length >= maxBytes) break
    }
  } finally {
    release()
  }
  return { bytes: new Uint8Array(Buffer.concat(parts).subarray(0, maxBytes)), modifiedAt }
}

async function* entriesOf(bucket: Bucket, folder: string): AsyncGenerator<TreeEntry> {
  for await (const { key, isFolder } of bucket.listFolder(folder)) {
    const name = key.slice(folder.length).replace(/\/$/, '')
    if (name !== '') yield { name, isFolder }
  }
}
