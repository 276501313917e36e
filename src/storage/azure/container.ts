import type { BlockBlobClient, ContainerClient, ContainerListBlobsOptions } from '@azure/storage-blob'
import { Semaphore } from '../../lib/semaphore.ts'
import type { ByteRange } from '../../oci/range.ts'
import type { OpenedObject } from '../blob-store.ts'
import { withRetries } from '../retry.ts'
import { openDownload } from './download.ts'
import { asAzureError, isAbsent, isConflict, isTransient } from './errors.ts'

/** Of all uploads together; with the usual block of 8 MiB they take 128 MiB of memory. */
const BODIES_IN_FLIGHT = 16

/** Slower than this a body is not sent: 128 KiB/s. */
const SLOWEST_BYTES_PER_MS = 128

/** Metadata of a blob that is an upload made readable, and no object yet. */
const UNFINISHED = { berthupload: 'unfinished' } as const

export interface BlobState {
  readonly sizeBytes: number
  readonly etag: string
  readonly unfinished: boolean
}

export interface ListedBlob {
  readonly name: string
  readonly sizeBytes: number
  readonly modifiedAt: Date
  readonly unfinished: boolean
}

export interface SentBlock {
  readonly id: string
  readonly sizeBytes: number
}

export interface ContainerOptions {
  /** No attempt of a request begins later than that after the first. */
  readonly retryMs: number
  /** Called for each request that is sent, retries included. */
  readonly onRequest: (operation: string) => void
}

/** The requests that we make, each repeated when that helps, with errors for people. */
export class AzureContainer {
  readonly #client: ContainerClient
  readonly #retryMs: number
  readonly #onRequest: (operation: string) => void
  readonly #lanes = new Semaphore(BODIES_IN_FLIGHT)

  constructor(client: ContainerClient, { retryMs, onRequest }: ContainerOptions) {
    this.#client = client
    this.#retryMs = retryMs
    this.#onRequest = onRequest
  }

  async state(name: string): Promise<BlobState | undefined> {
    const found = await this.#call('reading properties', async (abortSignal) => {
      return this.#blob(name)
        .getProperties({ abortSignal })
        .catch((error: unknown) => this.#requireContainer(error, abortSignal))
    })
    if (found === undefined) return undefined
    const { contentLength = 0, etag = '', metadata } = found
    return { sizeBytes: contentLength, etag, unfinished: isUnfinished(metadata) }
  }

  /** Committed blocks and those that are not. */
  async blocks(name: string): Promise<SentBlock[]> {
    const found = await this.#unlessAbsent(
      this.#call('listing blocks', (abortSignal) => this.#blob(name).getBlockList('all', { abortSignal })),
    )
    return [...(found?.committedBlocks ?? []), ...(found?.uncommittedBlocks ?? [])].map(({ name: id, size }) => ({
      id,
      sizeBytes: size,
    }))
  }

  async open(name: string, range?: ByteRange): Promise<OpenedObject | undefined> {
    return this.#unlessAbsent(this.#call('reading', (signal) => openDownload(this.#blob(name), range, signal)))
  }

  /** Sends a block, once there is a lane for it; only then are its chunks put together. */
  async stage(name: string, id: string, chunks: readonly Uint8Array[]): Promise<void> {
    await this.#lanes.run(() => {
      const bytes = Buffer.concat(chunks)
      const send = (abortSignal: AbortSignal) => this.#blob(name).stageBlock(id, bytes, bytes.length, { abortSignal })
      return this.#call('staging a block', send, bytes.length)
    })
  }

  /** Makes a blob of these blocks, and forgets its others. */
  async commit(name: string, ids: readonly string[], options: { unfinished: boolean }): Promise<void> {
    const metadata = options.unfinished ? { ...UNFINISHED } : {}
    await this.#call('committing blocks', (abortSignal) =>
      this.#blob(name).commitBlockList([...ids], { metadata, abortSignal }),
    )
  }

  /** Makes a blob of these bytes, and forgets its blocks. */
  async putWhole(name: string, bytes: Buffer): Promise<void> {
    const send = (abortSignal: AbortSignal) => this.#blob(name).upload(bytes, bytes.length, { abortSignal })
    await this.#lanes.run(() => this.#call('writing', send, bytes.length))
  }

  async delete(name: string): Promise<void> {
    await this.#unlessAbsent(
      this.#call('deleting', (abortSignal) => this.#blob(name).delete({ deleteSnapshots: 'include', abortSignal })),
    )
  }

  /**
   * Removes all of an upload, but nothing that was committed, whatever others do meanwhile. Blocks without a blob cannot
   * be deleted: they are replaced by an empty blob, which can.
   */
  async discard(name: string): Promise<void> {
    const etag = (await this.#empty(name, { ifNoneMatch: '*' })) ?? (await this.#emptyUnfinished(name))
    if (etag === undefined) return
    await this.#unlessConflict(
      this.#unlessAbsent(
        this.#call('deleting', (abortSignal) =>
          this.#blob(name).delete({ conditions: { ifMatch: etag }, abortSignal }),
        ),
      ),
    )
  }

  async *list(prefix: string, options: { withUploads: boolean; pageSize?: number }): AsyncGenerator<ListedBlob> {
    const query: ContainerListBlobsOptions = { includeMetadata: true, includeUncommitedBlobs: options.withUploads }
    const pageSize = options.pageSize === undefined ? {} : { maxPageSize: options.pageSize }
    let continuationToken: string | undefined
    do {
      const page = await this.#call('listing', async (abortSignal) => {
        const pages = this.#client
          .listBlobsFlat({ ...query, prefix, abortSignal })
          .byPage({ ...pageSize, ...(continuationToken === undefined ? {} : { continuationToken }) })
        return (await pages.next()).value
      })
      for (const { name, metadata, properties } of page?.segment.blobItems ?? []) {
        const { contentLength: sizeBytes = 0, lastModified } = properties
        yield { name, sizeBytes, unfinished: isUnfinished(metadata), modifiedAt: endOfSecond(lastModified) }
      }
      continuationToken = page?.continuationToken
    } while (continuationToken)
  }

  /**
   * Of a container that is not there, a HEAD may say no more than 404. Taken for objects that are not there, all would
   * be lost.
   */
  async #requireContainer(error: unknown, abortSignal: AbortSignal): Promise<undefined> {
    const { reason, status } = asAzureError(error, this.#client.containerName, 'reading properties')
    if (status !== 404) throw error
    if (reason !== 'BlobNotFound') await this.#client.getProperties({ abortSignal })
  }

  async #emptyUnfinished(name: string): Promise<string | undefined> {
    const found = await this.state(name)
    return found?.unfinished ? this.#empty(name, { ifMatch: found.etag }) : undefined
  }

  /** The tag of the empty blob that stands in the place of an upload now; undefined: the condition did not hold. */
  async #empty(name: string, conditions: { ifMatch: string } | { ifNoneMatch: string }): Promise<string | undefined> {
    const options = { conditions, metadata: { ...UNFINISHED } }
    const emptied = await this.#unlessConflict(
      this.#call('discarding blocks', (abortSignal) =>
        this.#blob(name).commitBlockList([], { ...options, abortSignal }),
      ),
    )
    return emptied?.etag
  }

  #blob(name: string): BlockBlobClient {
    return this.#client.getBlockBlobClient(name)
  }

  async #call<T>(operation: string, work: (signal: AbortSignal) => Promise<T>, sizeBytes = 0): Promise<T> {
    const attemptMs = this.#retryMs / 2 + sizeBytes / SLOWEST_BYTES_PER_MS
    const attempt = (signal: AbortSignal) => {
      this.#onRequest(operation)
      return work(signal)
    }
    try {
      return await withRetries(attempt, { attemptMs, totalMs: this.#retryMs, isTransient })
    } catch (error) {
      throw asAzureError(error, this.#client.containerName, operation)
    }
  }

  #unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
    return unless(isAbsent, call)
  }

  #unlessConflict<T>(call: Promise<T>): Promise<T | undefined> {
    return unless(isConflict, call)
  }
}

function unless<T>(isExpected: (error: unknown) => boolean, call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (isExpected(error)) return undefined
    throw error
  })
}

function isUnfinished(metadata: Readonly<Record<string, string>> | undefined): boolean {
  return metadata?.berthupload === UNFINISHED.berthupload
}

/** Azure tells whole seconds, cut off: an object is never said to be older than it is. */
function endOfSecond(modified: Date | undefined): Date {
  return modified === undefined ? new Date() : new Date(Math.floor(modified.getTime() / 1000) * 1000 + 999)
}
