import type { Clock } from '../lib/clock.ts'
import type { ImageSource } from '../registry/image-source.ts'

/** Lets so many bytes a second pass, for all streams together; whoever comes waits for those before. */
export class Bandwidth {
  readonly #clock: Clock
  readonly #msPerByte: number
  /** When everything that was let through has had its time. */
  #freeAt = 0

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#msPerByte = 1000 / bytesPerSecond
  }

  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now().getTime()
    const waitMs = this.#freeAt - now
    this.#freeAt = Math.max(now, this.#freeAt) + bytes * this.#msPerByte
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal)
    signal?.throwIfAborted()
  }
}

/** The same source with its blobs at a limited rate. */
export function slowed(source: ImageSource, bandwidth: Bandwidth | undefined): ImageSource {
  if (bandwidth === undefined) return source
  return {
    label: source.label,
    resolve: (...asked) => source.resolve(...asked),
    manifest: (...asked) => source.manifest(...asked),
    tagPage: (...asked) => source.tagPage(...asked),
    referrers: (...asked) => source.referrers(...asked),
    repositories: (...asked) => source.repositories(...asked),
    blob: async (name, digest, options) => {
      const blob = await source.blob(name, digest, options)
      if (blob === undefined) return undefined
      const limiter = new TransformStream<Uint8Array, Uint8Array>({
        transform: async (chunk, controller) => {
          await bandwidth.take(chunk.byteLength, options?.signal)
          controller.enqueue(chunk)
        },
      })
      return { ...blob, body: blob.body.pipeThrough(limiter) }
    },
  }
}
