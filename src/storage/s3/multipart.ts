import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import type { ByteRange } from '../../oci/range.ts'
import type { Bucket, Limits } from './bucket.ts'
import { codeOf } from './failure.ts'

/** An upload in parts to a key. */
export interface Multipart {
  readonly key: string
  readonly uploadId: string
}

export interface Part {
  readonly number: number
  readonly etag: string
  readonly sizeBytes: number
}

export interface StoredPart extends Part {
  readonly modifiedAt: Date
}

/** Joining ten thousand parts, or copying a large one, may take minutes, during which S3 sends blanks. */
function slowly({ patience }: Bucket): Limits {
  return { attemptMs: Math.max(300_000, patience.attemptMs), totalMs: patience.totalMs }
}

export async function createMultipart(bucket: Bucket, key: string): Promise<Multipart> {
  const command = new CreateMultipartUploadCommand({ Bucket: bucket.name, Key: key, ...bucket.newObject })
  const { UploadId } = await bucket.request('CreateMultipartUpload', (options) => bucket.client.send(command, options))
  return { key, uploadId: UploadId ?? '' }
}

export async function uploadPart(bucket: Bucket, to: Multipart, number: number, bytes: Uint8Array): Promise<Part> {
  const command = new UploadPartCommand({
    ...{ ...target(bucket, to), PartNumber: number, Body: bytes },
    ...bucket.customerKey,
  })
  const limits = bucket.limitsFor(bytes.byteLength)
  const { ETag } = await bucket.request('UploadPart', (options) => bucket.client.send(command, options), limits)
  return { number, etag: ETag ?? '', sizeBytes: bytes.byteLength }
}

/** Makes a part of bytes that the object under the same key holds, within the store. */
export async function copyPart(bucket: Bucket, to: Multipart, number: number, range: ByteRange): Promise<Part> {
  const { SSECustomerAlgorithm, SSECustomerKey } = bucket.customerKey
  const command = new UploadPartCopyCommand({
    ...{ ...target(bucket, to), PartNumber: number },
    CopySource: `${bucket.name}/${encodeURIComponent(to.key)}`,
    CopySourceRange: `bytes=${range.start}-${range.end}`,
    ...(SSECustomerKey !== undefined && {
      ...{ SSECustomerAlgorithm, SSECustomerKey },
      ...{ CopySourceSSECustomerAlgorithm: SSECustomerAlgorithm, CopySourceSSECustomerKey: SSECustomerKey },
    }),
  })
  const { CopyPartResult } = await bucket.request(
    'UploadPartCopy',
    (options) => bucket.client.send(command, options),
    slowly(bucket),
  )
  return { number, etag: CopyPartResult?.ETag ?? '', sizeBytes: range.end - range.start + 1 }
}

/** What S3 answers with 200 may be a failure, and what got no answer may be done. */
class UnclearError extends Error {}

/**
 * Joins the parts to an object. After an answer that leaves it open whether that was done, the object tells.
 * `replacedEtag`: of the object that lies there now, by HEAD, since not every server tells it here.
 */
export async function completeMultipart(
  bucket: Bucket,
  to: Multipart,
  parts: readonly Part[],
  replacedEtag?: string,
): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    ...target(bucket, to),
    ...bucket.customerKey,
    MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
  })
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
  const isDone = async () => {
    const found = await bucket.head(to.key)
    return found?.sizeBytes === sizeBytes && found.etag !== replacedEtag
  }
  let attempts = 0
  await bucket.request(
    'CompleteMultipartUpload',
    async (options) => {
      if (attempts++ > 0 && (await isDone())) return
      try {
        const { ETag } = await bucket.client.send(command, options)
        if (ETag === undefined) throw new UnclearError('the answer names no object')
      } catch (error) {
        // Also at our first attempt: the runtime repeats by itself what it sent on a connection that was closing.
        if (codeOf(error) === 'NoSuchUpload' && (await isDone())) return
        throw error
      }
    },
    slowly(bucket),
  )
}

/** Idempotent. */
export async function abortMultipart(bucket: Bucket, multipart: Multipart): Promise<void> {
  const command = new AbortMultipartUploadCommand(target(bucket, multipart))
  await bucket.request('AbortMultipartUpload', async (options) => {
    await bucket.client.send(command, options).catch((error: unknown) => {
      if (codeOf(error) !== 'NoSuchUpload') throw error
    })
  })
}

/** In the order of their numbers. */
export async function* listParts(bucket: Bucket, multipart: Multipart): AsyncGenerator<StoredPart> {
  let after: string | undefined
  do {
    const command = new ListPartsCommand({
      ...target(bucket, multipart),
      ...(after !== undefined && { PartNumberMarker: after }),
    })
    const page = await bucket.request('ListParts', (options) => bucket.client.send(command, options))
    for (const { PartNumber = 0, ETag = '', Size = 0, LastModified = new Date() } of page.Parts ?? [])
      yield { number: PartNumber, etag: ETag, sizeBytes: Size, modifiedAt: LastModified }
    after = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
  } while (after !== undefined)
}

/** Uploads that were begun to keys with this prefix and neither joined nor aborted. */
export async function* listMultiparts(
  bucket: Bucket,
  prefix: string,
): AsyncGenerator<Multipart & { readonly startedAt: Date }> {
  let marker: { KeyMarker: string; UploadIdMarker: string } | undefined
  do {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: prefix, ...marker })
    const page = await bucket.request('ListMultipartUploads', (options) => bucket.client.send(command, options))
    for (const { Key = '', UploadId = '', Initiated = new Date() } of page.Uploads ?? [])
      yield { key: Key, uploadId: UploadId, startedAt: Initiated }
    const { IsTruncated, NextKeyMarker = '', NextUploadIdMarker = '' } = page
    marker = IsTruncated === true ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined
  } while (marker !== undefined)
}

function target(bucket: Bucket, { key, uploadId }: Multipart) {
  return { Bucket: bucket.name, Key: key, UploadId: uploadId }
}
