import { randomBytes } from 'node:crypto'
import type { ByteRange } from '../oci/range.ts'
import type { Content } from '../storage/blob-store.ts'

/** Part of a blob, opened when its turn comes. */
export type OpenPart = (range: ByteRange) => Promise<Pick<Content, 'stream'> | Uint8Array<ArrayBuffer>>

/** RFC 9110 §14.6: several ranges as one multipart body, streamed. */
export function multipartRanges(
  ranges: readonly ByteRange[],
  totalBytes: number,
  open: OpenPart,
): { readonly boundary: string; readonly body: ReadableStream<Uint8Array> } {
  const boundary = randomBytes(16).toString('hex')
  const encoder = new TextEncoder()
  const headOf = (range: ByteRange) =>
    encoder.encode(
      `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: ${contentRange(range, totalBytes)}\r\n\r\n`,
    )
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`)

  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const range of ranges) {
      yield headOf(range)
      const part = await open(range)
      if (part instanceof Uint8Array) yield part
      else yield* part.stream()
    }
    yield tail
  }
  return { boundary, body: streamOf(parts()) }
}

export function contentRange({ start, end }: ByteRange, totalBytes: number): string {
  return `bytes ${start}-${end}/${totalBytes}`
}

export function lengthOf({ start, end }: ByteRange): number {
  return end - start + 1
}

function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return(undefined)
    },
  })
}
