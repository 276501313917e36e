import type { Content } from '../blob-store.ts'

/** Content that is made while it is read. `drop` is for whoever never reads it. */
export function contentOf(pieces: () => AsyncGenerator<Uint8Array>, drop: () => Promise<void>): Content {
  return {
    stream: () => streamOf(pieces(), drop),
    arrayBuffer: async () => joined(await Array.fromAsync(pieces())),
  }
}

/** A stream that reads nothing ahead. */
export function streamOf(
  pieces: AsyncGenerator<Uint8Array>,
  drop: () => Promise<void> = async () => undefined,
): ReadableStream<Uint8Array> {
  let hasBegun = false
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        hasBegun = true
        const { done, value } = await pieces.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      // A generator that has not begun has nothing to clean up, but its source is open.
      cancel: async () => {
        if (hasBegun) await pieces.return(undefined)
        else await drop()
      },
    },
    { highWaterMark: 0 },
  )
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole.buffer
}
