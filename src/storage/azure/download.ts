import type { Readable } from 'node:stream'
import type { BlockBlobClient } from '@azure/storage-blob'
import type { ByteRange } from '../../oci/range.ts'
import type { Content, OpenedObject } from '../blob-store.ts'

/** A body that brings nothing for so long, while somebody waits for it, has died. */
const IDLE_MS = 30_000
/**
 * Opens a blob or a part of it with one request, which `signal` ends before it is answered. A body that is cut short
 * fails; whoever pulls asks for the rest.
 */
export async function openDownload(
  blob: BlockBlobClient,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<OpenedObject> {
  const offset = range?.start ?? 0
  const count = range === undefined ? undefined : range.end - range.start + 1
  // The body has a time of its own.
  const abort = new AbortController()
  const giveUp = () => abort.abort()
  signal.addEventListener('abort', giveUp)
  const response = await blob.download(offset, count, { abortSignal: abort.signal })
  signal.removeEventListener('abort', giveUp)
  const { contentLength: length = 0, contentRange, readableStreamBody: body } = response
  if (body === undefined) throw new Error('the answer has no body')
  const total = contentRange === undefined ? length : Number(contentRange.slice(contentRange.lastIndexOf('/') + 1))
  if (!Number.isSafeInteger(total)) throw new Error(`Content-Range is not understood: ${contentRange}`)
  return { sizeBytes: total, content: contentOf(body as Readable, abort) }
}

function contentOf(body: Readable, abort: AbortController): Content {
  // Until somebody reads, a failure has nobody to tell; it is told then.
  body.on('error', () => undefined)
  const stream = () => streamOf(body, abort)
  return { stream, arrayBuffer: () => new Response(stream()).arrayBuffer() }
}

/** Takes from Azure no faster than is read from us. The SDK counts: a body that ends early is an error. */
function streamOf(body: Readable, abort: AbortController): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await withinIdleTime(chunks.next(), abort)
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => {
      abort.abort()
      body.destroy()
    },
  })
}

async function withinIdleTime<T>(next: Promise<T>, abort: AbortController): Promise<T> {
  const timer = setTimeout(() => abort.abort(), IDLE_MS)
  try {
    return await next
  } finally {
    clearTimeout(timer)
  }
}
