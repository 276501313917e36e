import type { Content } from '../blob-store.ts'
import { DamagedObjectError } from '../damaged-object.ts'

type Pieces = AsyncGenerator<Uint8Array>

/** Content that is made while it is read. `drop` is for whoever never reads it. */
export function contentOf(pieces: () => Pieces, drop: () => Promise<void>): Content {
  let begun: Pieces | undefined
  const all = () => begun ?? pieces()
  return {
    stream: () => (begun === undefined ? streamOf(pieces(), drop) : streamOf(begun)),
    arrayBuffer: async () => joined(await Array.fromAsync(all())),
    begin: async (onDamage) => {
      const source = pieces()
      const first = await source.next()
      begun = resumed(first, source, onDamage)
      // It has a source to give back from now on, also when nobody reads it.
      await begun.next()
    },
  }
}

/** Gives nothing out for its first `next`. */
async function* resumed(first: IteratorResult<Uint8Array>, rest: Pieces, onDamage: () => void): Pieces {
  try {
    yield NO_BYTES
    if (first.done !== true) yield first.value
    yield* rest
  } catch (error) {
    if (error instanceof DamagedObjectError) onDamage()
    throw error
  } finally {
    await rest.return(undefined)
  }
}

const NO_BYTES = new Uint8Array(0)

/** A stream that reads nothing ahead. */
export function streamOf(pieces: AsyncGenerator<Uint8Array>, drop?: () => Promise<void>): ReadableStream<Uint8Array> {
  let hasBegun = false
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        hasBegun = true
        const { done, value } = await pieces.next().catch(later)
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      // A generator that has not begun has nothing to clean up, but its source is open.
      cancel: async () => {
        if (hasBegun || drop === undefined) await pieces.return(undefined)
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

/** Bun prints an error that it gets before it has sent what came earlier, beside the log; a turn later it does not. */
async function later(error: unknown): Promise<never> {
  await new Promise((resolve) => setImmediate(resolve))
  throw error
}
