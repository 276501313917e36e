/** A place that was taken; giving it back twice is one time. */
export type Leave = () => void

interface Waiting {
  readonly isBig: boolean
  readonly enter: () => void
}

/**
 * How many requests are under way at a time. Those with a body that may take minutes (blobs) leave at least one place
 * to the small ones, which would otherwise wait behind them.
 */
export class Places {
  readonly #most: number
  readonly #mostBig: number
  #taken = 0
  #takenBig = 0
  readonly #waiting: Waiting[] = []

  constructor(most: number) {
    // With one place for all there would be no lane for small ones.
    this.#most = Math.max(2, most)
    this.#mostBig = Math.max(1, most - 1)
  }

  /** Waits in order. @throws the signal's reason when it is aborted before */
  async take(isBig: boolean, signal: AbortSignal | undefined): Promise<Leave> {
    signal?.throwIfAborted()
    if (!this.#hasRoom(isBig)) await this.#wait(isBig, signal)
    else this.#count(isBig, 1)
    let isTaken = true
    return () => {
      if (isTaken) this.#leave(isBig)
      isTaken = false
    }
  }

  #wait(isBig: boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        const at = this.#waiting.indexOf(waiting)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(signal?.reason)
      }
      const enter = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const waiting = { isBig, enter }
      this.#waiting.push(waiting)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  #hasRoom(isBig: boolean): boolean {
    return this.#taken < this.#most && (!isBig || this.#takenBig < this.#mostBig)
  }

  #count(isBig: boolean, by: 1 | -1): void {
    this.#taken += by
    if (isBig) this.#takenBig += by
  }

  #leave(isBig: boolean): void {
    this.#count(isBig, -1)
    const next = this.#waiting.findIndex((waiting) => this.#hasRoom(waiting.isBig))
    const [waiting] = next < 0 ? [] : this.#waiting.splice(next, 1)
    if (waiting === undefined) return
    this.#count(waiting.isBig, 1)
    waiting.enter()
  }
}
