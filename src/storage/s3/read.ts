import type { ByteRange } from '../../oci/range.ts'
import type { Content, OpenedObject } from '../blob-store.ts'
import { StorageUnavailable } from '../unavailable.ts'
import type { Bucket, Download } from './bucket.ts'
import { S3Failure } from './failure.ts'

/** One request; its body is read when somebody reads. */
export async function openObject(bucket: Bucket, key: string, range?: ByteRange): Promise<OpenedObject | undefined> {
  try {
    const download = await bucket.get(key, range)
    return download && { sizeBytes: download.sizeBytes, content: contentOf(bucket, key, { download, range }) }
  } catch (error) {
    if (!(error instanceof S3Failure && error.s3Code === 'InvalidRange')) throw error
    // The object is shorter than the caller believes, who compares the sizes.
    const found = await bucket.head(key)
    return found && { sizeBytes: found.sizeBytes, content: new Blob([]) }
  }
}

interface Opened {
  readonly download: Download
  readonly range: ByteRange | undefined
}

function contentOf(bucket: Bucket, key: string, { download, range }: Opened): Content {
  const stream = () => {
    const reader = new ResumingReader(bucket, key, { download, range })
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await reader.read()
          if (chunk === undefined) controller.close()
          else controller.enqueue(chunk)
        },
        cancel: () => reader.cancel(),
      },
      { highWaterMark: 0 },
    )
  }
  return { stream, arrayBuffer: () => new Response(stream()).arrayBuffer() }
}

/** Times in a row that a body may break off before any byte of it came. */
const MOST_BREAKS = 3

type BodyReader = ReturnType<typeof readerOf>

function readerOf({ body }: Download) {
  return body.getReader()
}

/** Reads a body to its promised end; one that breaks off is asked for again from there, of the same object. */
class ResumingReader {
  readonly #bucket: Bucket
  readonly #key: string
  readonly #etag: string
  readonly #lastByte: number
  #next: number
  #body: BodyReader
  #breaks = 0
  #release: () => void

  constructor(bucket: Bucket, key: string, { download, range }: Opened) {
    this.#bucket = bucket
    this.#key = key
    this.#etag = download.etag
    this.#next = range?.start ?? 0
    this.#lastByte = this.#next + download.lengthBytes - 1
    this.#body = readerOf(download)
    this.#release = download.release
  }

  /** Undefined at the end. @throws StorageUnavailable when the rest cannot be had */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#next > this.#lastByte) {
        this.#release()
        return undefined
      }
      const chunk = await this.#readOnce()
      if (chunk instanceof Uint8Array) {
        this.#next += chunk.byteLength
        this.#breaks = 0
        return chunk
      }
      await this.#resume(chunk)
    }
  }

  async cancel(): Promise<void> {
    this.#release()
    await this.#body.cancel().catch(() => undefined)
  }

  /** The next bytes, or why there are none. */
  async #readOnce(): Promise<Uint8Array | Error> {
    try {
      const { done, value } = await inTime(this.#body.read(), this.#bucket.patience.idleMs)
      if (done) return new Error('the body ended too early')
      if (this.#next + value.byteLength - 1 > this.#lastByte) return new Error('the body is longer than it should be')
      return value
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #resume(reason: Error): Promise<void> {
    await this.cancel()
    const missing = this.#lastByte - this.#next + 1
    const failed = new StorageUnavailable(
      `S3 GetObject in bucket "${this.#bucket.name}" broke off ${missing} bytes before its end: ${reason.message}`,
    )
    if (++this.#breaks > MOST_BREAKS) throw failed
    const rest = { start: this.#next, end: this.#lastByte }
    const download = await this.#bucket.get(this.#key, rest, this.#etag)
    if (download?.lengthBytes !== missing) {
      download?.release()
      await download?.body.cancel()
      throw failed
    }
    this.#body = readerOf(download)
    this.#release = download.release
  }
}

async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
