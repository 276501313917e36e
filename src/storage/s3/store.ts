import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Semaphore } from '../../lib/semaphore.ts'
import { openBucketTree } from '../adopted/bucket-tree.ts'
import type { Tree } from '../adopted/tree.ts'
import type { BlobStore, StoredObject } from '../blob-store.ts'
import { parseS3Address } from './address.ts'
import { Bucket, type BucketOptions } from './bucket.ts'
import { createClient } from './client.ts'
import { Names } from './names.ts'
import { putObject } from './put.ts'
import { openObject } from './read.ts'
import { S3Uploads } from './uploads.ts'

/** Parts of all uploads that are on their way at once; with the usual part of 8 MiB they take 128 MiB of memory. */
const PARTS_IN_FLIGHT = 16
const LONGEST_URL_MS = 120_000

/** A store in a bucket: AWS, Ceph, MinIO, R2, Google's S3 endpoint. @throws Error with a sentence for people */
export async function openS3Store(text: string, options: BucketOptions = {}): Promise<BlobStore> {
  const { bucket, prefix, sign } = await openBucket(text, options)
  return storeIn(bucket, prefix, sign)
}

/** A tree of another registry in a bucket. @throws Error with a sentence for people */
export async function openS3Tree(text: string): Promise<Tree> {
  const { bucket, prefix, sign } = await openBucket(text, {})
  return openBucketTree({ bucket, prefix, label: `s3://${bucket.name}/${prefix}`, sign })
}

async function openBucket(text: string, options: BucketOptions) {
  const address = parseS3Address(text)
  const client = createClient(address)
  await client.config.region().catch(() => {
    throw new Error('storage: the region of the bucket is not known; write s3://BUCKET?region=…, or set AWS_REGION')
  })
  const bucket = new Bucket(client, address, options)
  const sign: UrlSigner = async (key, ttlMs) => {
    // The key would have to be in headers that no client sends.
    if (address.sseCustomerKeyFile !== undefined) return undefined
    const command = new GetObjectCommand({
      ...{ Bucket: bucket.name, Key: key },
      // A blob may be an HTML page, and the store's address is somebody's origin.
      ResponseContentType: 'application/octet-stream',
      ResponseContentDisposition: 'attachment',
    })
    return new URL(await getSignedUrl(client, command, { expiresIn: ttlMs / 1000 }))
  }
  return { bucket, prefix: address.prefix, sign }
}

/** Makes a URL that reads an object, named by its whole key, for so long. */
export type UrlSigner = (key: string, ttlMs: number) => Promise<URL | undefined>

/** A store in a bucket of whatever understands S3's requests. */
export function storeIn(bucket: Bucket, prefix: string, sign: UrlSigner): BlobStore {
  const names = new Names(prefix)
  const lanes = new Semaphore(PARTS_IN_FLIGHT)
  return {
    stat: async (key) => {
      const found = await bucket.head(names.object(key))
      return found && { sizeBytes: found.sizeBytes }
    },
    open: (key, range) => openObject(bucket, names.object(key), range),
    put: (key, content) => putObject({ bucket, key: names.object(key), lanes }, content),
    directUrl: (key, ttlMs) => sign(names.object(key), Math.min(ttlMs, LONGEST_URL_MS)),
    delete: (key) => bucket.delete(names.object(key)),
    list: (prefix = '') => listObjects(bucket, names, prefix),
    probe: async () => {
      await bucket.put(names.probe, new TextEncoder().encode('probe'))
      await bucket.delete(names.probe)
    },
    room: async () => undefined,
    uploads: new S3Uploads(bucket, names, lanes),
  }
}

async function* listObjects(bucket: Bucket, names: Names, prefix: string): AsyncGenerator<StoredObject> {
  for await (const { key, sizeBytes, modifiedAt } of bucket.list(names.object(prefix)))
    yield { key: key.slice(names.blobs.length), sizeBytes, modifiedAt }
}
