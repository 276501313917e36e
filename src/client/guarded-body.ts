import type { ClientRequest, IncomingMessage } from 'node:http'
import { FutileRequest } from './guarded-connection.ts'

/** Bytes that are sent; their number is known. */
export interface SentStream {
  readonly stream: ReadableStream<Uint8Array>
  readonly sizeBytes: number
}

/** Calls `late` unless it is ended within `ms`. */
export function watchdog(ms: number, late: () => void): { end(): void } {
  const timer = setTimeout(late, ms)
  return { end: () => clearTimeout(timer) }
}

interface Streaming {
  readonly stallMs: number
  /** What went wrong, in our words. */
  readonly explain: (error: unknown, isStalled: boolean) => Error
  /** When the last byte was read, or it broke, or nobody wants it. */
  readonly onEnd: (problem?: Error) => void
}

/**
 * An answer's body as it is read: nothing is fetched ahead but what sockets hold. Only waiting for the other side
 * counts as a stall; a slow reader is not one.
 */
export function streamBody(
  message: IncomingMessage,
  { stallMs, explain, onEnd }: Streaming,
): ReadableStream<Uint8Array> {
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        let isStalled = false
        const watch = watchdog(stallMs, () => {
          isStalled = true
          message.destroy(new Error('stalled'))
        })
        try {
          const next = await chunks.next()
          if (next.done !== true) return controller.enqueue(next.value)
          onEnd()
          controller.close()
        } catch (error) {
          const problem = explain(error, isStalled)
          onEnd(problem)
          controller.error(problem)
        } finally {
          watch.end()
        }
      },
      cancel: () => {
        message.destroy()
        onEnd()
      },
    },
    { highWaterMark: 0 },
  )
}

/** The reader's own side broke: not the connection. */
export class SourceFailed extends Error {}

/** Waits for the other side, but not for ever. */
export type Patiently = (wait: Promise<unknown>) => Promise<unknown>

/**
 * Sends a body at the other side's pace. Stops when an answer has come, which then says why. A byte too many would be
 * read as the next request on this connection. @throws SourceFailed
 */
export async function writeBody(request: ClientRequest, body: SentStream, patiently: Patiently): Promise<void> {
  const reader = body.stream.getReader()
  const end = endOf(request)
  let left = body.sizeBytes
  try {
    for (;;) {
      const next = await end.orSooner(readNext(reader))
      // An answer before the end is a refusal, or there is no connection any more.
      if (next === undefined || end.isHere()) return
      left = leftAfter(next, left)
      if (next.done) return void request.end()
      if (!request.write(next.value)) await patiently(end.orSooner(drained(request)))
    }
  } finally {
    // Of one that was read to its end there is nothing to cancel.
    reader.cancel().catch(() => undefined)
  }
}

/** The end of an exchange, for waits that it cuts short. A race with one promise would keep every piece of a body. */
function endOf(request: ClientRequest) {
  let isHere = false
  let stop: (() => void) | undefined
  const end = () => {
    isHere = true
    stop?.()
  }
  request.once('response', end).once('close', end).once('error', end)
  return {
    isHere: () => isHere,
    /** Undefined: the end came before. */
    orSooner: <T>(work: Promise<T>): Promise<T | undefined> =>
      new Promise((resolve, reject) => {
        stop = () => resolve(undefined)
        work.then(resolve, reject)
        if (isHere) stop()
      }),
  }
}

/** Bytes that are still to come. @throws SourceFailed when there are more than that, or no more */
function leftAfter(next: Next, left: number): number {
  const rest = left - (next.done ? 0 : next.value.byteLength)
  if (next.done ? rest === 0 : rest >= 0) return rest
  const cause = new FutileRequest('invalid', 'the bytes to send are not as many as were announced')
  throw new SourceFailed('another size', { cause })
}

type Next = { readonly done: false; readonly value: Uint8Array } | { readonly done: true }

async function readNext(reader: { read(): Promise<Next> }): Promise<Next> {
  try {
    return await reader.read()
  } catch (error) {
    throw new SourceFailed('the bytes to send could not be read', { cause: error })
  }
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => request.once('drain', resolve))
}
