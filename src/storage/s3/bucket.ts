import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ByteRange } from '../../oci/range.ts'
import type { S3Address } from './address.ts'
import { readCustomerKey } from './client.ts'
import { isMissing, isTransient, S3Failure } from './failure.ts'
import { withRetries } from '../retry.ts'
import { countBody } from './transport.ts'

/** An object as a reply describes it. */
export interface Head {
  readonly sizeBytes: number
  readonly etag: string
  readonly modifiedAt: Date
}

/** A reply whose body is still on its way. */
export interface Download extends Head {
  readonly body: ReadableStream<Uint8Array>
  /** Of the body. */
  readonly lengthBytes: number
  /** To be called when nobody reads the body any more. Idempotent. */
  readonly release: () => void
}

export interface Limits {
  readonly attemptMs: number
  readonly totalMs: number
}

/** How long is waited for S3. */
export interface Patience extends Limits {
  /** A body of which nothing came for so long is given up. */
  readonly idleMs: number
}

/** Together less than the 20 seconds within which a client of ours hears something. */
export const PATIENCE: Patience = { attemptMs: 8_000, totalMs: 12_000, idleMs: 20_000 }

/** Slower than this a body is not sent: 128 KiB/s. */
const SLOWEST_BYTES_PER_MS = 128

type Attempt<T> = (options: { readonly abortSignal: AbortSignal }) => Promise<T>

export interface BucketOptions {
  /** Called for each request that is sent, retries included. */
  readonly onRequest?: ((operation: string) => void) | undefined
  readonly patience?: Patience | undefined
  /** What errors call it; `S3`. */
  readonly service?: string | undefined
}

/** Requests to one bucket, by whole keys. Every failure is an `S3Failure`. */
export class Bucket {
  readonly client: S3Client
  readonly name: string
  readonly #onRequest: (operation: string) => void
  readonly #service: string
  /** What a new object is to be: encrypted, and of which class. */
  readonly newObject: ReturnType<typeof newObjectFields>
  /** The customer's key, which every access to an object's bytes must bring. */
  readonly customerKey: ReturnType<typeof customerKeyFields>

  readonly patience: Patience

  constructor(
    client: S3Client,
    address: S3Address,
    { onRequest, patience = PATIENCE, service = 'S3' }: BucketOptions = {},
  ) {
    this.client = client
    this.name = address.bucket
    this.patience = patience
    this.#onRequest = onRequest ?? (() => undefined)
    this.#service = service
    this.customerKey = customerKeyFields(address)
    this.newObject = { ...newObjectFields(address), ...this.customerKey }
  }

  /** Counts the attempt and tries again what may succeed. */
  async request<T>(operation: string, attempt: Attempt<T>, limits: Limits = this.patience): Promise<T> {
    try {
      return await withRetries(
        (abortSignal) => {
          this.#onRequest(operation)
          return attempt({ abortSignal })
        },
        { ...limits, isTransient },
      )
    } catch (error) {
      throw error instanceof S3Failure ? error : new S3Failure(`${this.#service} ${operation}`, this.name, error)
    }
  }

  /** For a request with a body, which may take longer. */
  limitsFor(bodyBytes: number): Limits {
    const { attemptMs, totalMs } = this.patience
    return { attemptMs: attemptMs + bodyBytes / SLOWEST_BYTES_PER_MS, totalMs }
  }

  async head(key: string): Promise<Head | undefined> {
    return this.request('HeadObject', async (options) => {
      const found = await this.#headOnce(key, options)
      // Of a missing bucket, too, HEAD says no more than 404; taken for missing objects, all blobs would be lost.
      if (found === undefined) await this.client.send(new HeadBucketCommand({ Bucket: this.name }), options)
      return found
    })
  }

  async #headOnce(key: string, options: Parameters<Attempt<unknown>>[0]): Promise<Head | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.name, Key: key, ...this.customerKey })
    const found = await orMissing(this.client.send(command, options))
    return (
      found && { sizeBytes: found.ContentLength ?? 0, etag: found.ETag ?? '', modifiedAt: found.LastModified ?? NEVER }
    )
  }

  /** Of a range that goes beyond the object: 416. `etag`: only if it still is this object. */
  async get(key: string, range: ByteRange | undefined, etag?: string): Promise<Download | undefined> {
    const command = new GetObjectCommand({
      ...{ Bucket: this.name, Key: key, ...this.customerKey },
      ...(range && { Range: `bytes=${range.start}-${range.end}` }),
      ...(etag !== undefined && { IfMatch: etag }),
    })
    const release = countBody()
    const found = await this.request('GetObject', (options) => orMissing(this.client.send(command, options))).catch(
      (error: unknown) => {
        release()
        throw error
      },
    )
    if (found === undefined) {
      release()
      return undefined
    }
    const lengthBytes = found.ContentLength ?? 0
    const total = /\/(\d+)$/.exec(found.ContentRange ?? '')?.[1]
    const body = webStream(found.Body)
    return {
      body,
      release,
      lengthBytes,
      etag: found.ETag ?? '',
      modifiedAt: found.LastModified ?? NEVER,
      sizeBytes: total === undefined ? lengthBytes : Number(total),
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.name, Key: key, Body: bytes, ...this.newObject })
    const limits = this.limitsFor(bytes.byteLength)
    await this.request('PutObject', (options) => this.client.send(command, options), limits)
  }

  /** Idempotent. */
  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.name, Key: key })
    await this.request('DeleteObject', (options) => orMissing(this.client.send(command, options)))
  }

  /** What lies directly below a prefix, which ends with a slash; folders do, too. */
  async *listFolder(prefix: string): AsyncGenerator<{ readonly key: string; readonly isFolder: boolean }> {
    let token: string | undefined
    do {
      const command = new ListObjectsV2Command({
        ...{ Bucket: this.name, Prefix: prefix, Delimiter: '/' },
        ...(token !== undefined && { ContinuationToken: token }),
      })
      const page = await this.request('ListObjectsV2', (options) => this.client.send(command, options))
      for (const { Prefix = '' } of page.CommonPrefixes ?? []) yield { key: Prefix, isFolder: true }
      for (const { Key = '' } of page.Contents ?? []) yield { key: Key, isFolder: false }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  async *list(prefix: string): AsyncGenerator<Head & { readonly key: string }> {
    let token: string | undefined
    do {
      const command = new ListObjectsV2Command({
        ...{ Bucket: this.name, Prefix: prefix },
        ...(token !== undefined && { ContinuationToken: token }),
      })
      const page = await this.request('ListObjectsV2', (options) => this.client.send(command, options))
      for (const { Key = '', Size = 0, ETag = '', LastModified = NEVER } of page.Contents ?? [])
        yield { key: Key, sizeBytes: Size, etag: ETag, modifiedAt: LastModified }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }
}

/** Of the two transports one has web streams, the other Node's. */
function webStream(body: unknown): ReadableStream<Uint8Array> {
  if (body instanceof ReadableStream) return body
  const stream: unknown = body instanceof Readable ? Readable.toWeb(body) : new Blob([]).stream()
  return stream as ReadableStream<Uint8Array>
}

/** For replies without a time, which no server is known to send: too young to be removed. */
const NEVER = new Date(8.64e15)

async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function newObjectFields({ sse, kmsKeyId, storageClass }: S3Address) {
  return {
    ...(sse !== undefined && { ServerSideEncryption: sse }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(storageClass !== undefined && { StorageClass: storageClass as 'STANDARD' }),
  }
}

function customerKeyFields({ sseCustomerKeyFile }: S3Address) {
  if (sseCustomerKeyFile === undefined) return {}
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: readCustomerKey(sseCustomerKeyFile) }
}
