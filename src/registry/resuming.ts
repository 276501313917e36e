import type { Clock } from '../lib/clock.ts'
import { type OpenBlob, RemoteError } from './image-source.ts'

/** In a row without a byte, and in all: what gives a few bytes each time is no source. */
const MAX_FRUITLESS = 3
const MAX_BREAKS = 20
const WAIT_MS = 500

export interface ResumedBlob {
  readonly open: OpenBlob
  readonly sizeBytes: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** The bytes of a blob; where the source breaks off, it is asked again from there on. @throws RemoteError */
export async function* resuming(blob: ResumedBlob): AsyncGenerator<Uint8Array> {
  const patience = new Patience(blob)
  for (let offset = 0; ;) {
    blob.signal?.throwIfAborted()
    const begunAt = offset
    try {
      for await (const piece of await blob.open(offset)) {
        offset += piece.byteLength
        yield piece
      }
      if (offset >= blob.sizeBytes) return
      throw new RemoteError('unreachable', `a blob broke off ${blob.sizeBytes - offset} bytes before its end`)
    } catch (error) {
      if (isBreak(error) && offset > 0 && offset === blob.sizeBytes) return
      await patience.after(error, offset > begunAt)
    }
  }
}

class Patience {
  readonly #blob: ResumedBlob
  #breaks = 0
  #fruitless = 0

  constructor(blob: ResumedBlob) {
    this.#blob = blob
  }

  /** Waits before the next attempt, or throws the error when there is to be none. */
  async after(error: unknown, isFruitful: boolean): Promise<void> {
    this.#fruitless = isFruitful ? 0 : this.#fruitless + 1
    if (!isBreak(error) || this.#fruitless >= MAX_FRUITLESS || ++this.#breaks > MAX_BREAKS) throw error
    await this.#blob.clock.sleep(WAIT_MS * this.#fruitless, this.#blob.signal)
  }
}

/** What it may be worth to ask again for. */
function isBreak(error: unknown): boolean {
  return error instanceof RemoteError && (error.kind === 'unreachable' || error.kind === 'timeout')
}
