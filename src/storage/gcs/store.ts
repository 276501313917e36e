import { openBucketTree } from '../adopted/bucket-tree.ts'
import type { Tree } from '../adopted/tree.ts'
import type { BlobStore } from '../blob-store.ts'
import type { S3Address } from '../s3/address.ts'
import { Bucket, type BucketOptions } from '../s3/bucket.ts'
import { storeIn, type UrlSigner } from '../s3/store.ts'
import { parseGcsAddress } from './address.ts'
import { createGcsClient } from './client.ts'
import { findIdentity } from './identity.ts'
import { signRead } from './signed-url.ts'

/**
 * A store in a bucket of Google Cloud Storage, with Google's own credentials and no interoperability keys. Bytes go as
 * to S3, in multipart uploads of the XML API. @throws Error with a sentence for people
 */
export function openGcsStore(text: string, options: BucketOptions = {}): BlobStore {
  const { bucket, prefix, sign } = openBucket(text, options)
  return storeIn(bucket, prefix, sign)
}

/** A tree of another registry in a bucket. @throws Error with a sentence for people */
export function openGcsTree(text: string): Tree {
  const { bucket, prefix, sign } = openBucket(text, {})
  return openBucketTree({ bucket, prefix, label: `gs://${bucket.name}/${prefix}`, sign })
}

function openBucket(text: string, options: BucketOptions) {
  const { bucket: name, prefix, endpoint, credentialsFile } = parseGcsAddress(text)
  const identity = findIdentity(credentialsFile)
  const address: S3Address = {
    ...{ bucket: name, prefix, endpoint, region: 'auto', pathStyle: true },
    ...{ sse: undefined, kmsKeyId: undefined, sseCustomerKeyFile: undefined },
    ...{ storageClass: undefined, accessKeyFile: undefined },
  }
  const bucket = new Bucket(createGcsClient(address, identity), address, {
    ...options,
    service: 'Google Cloud Storage',
  })
  const sign: UrlSigner = (key, ttlMs) => signRead(identity, { endpoint, bucket: name, key, ttlMs, now: new Date() })
  return { bucket, prefix, sign }
}
