/** A place that was taken; giving it back twice is one time. */
export type Leave = () => void

interface Turn {
  readonly isBig: boolean
  readonly signal: AbortSignal | undefined
  /** How long to wait for it; undefined: as long as it takes. */
  readonly mostMs: number | undefined
}

/** Nobody left in time. */
export class NoPlace extends Error {
  /** Requests under way. */
  readonly taken: number

  constructor(taken: number) {
    super(`all ${taken} places are taken`)
    this.taken = taken
  }
}

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

  /** Waits in order. @throws NoPlace; the signal's reason when it is aborted before */
  async take(turn: Turn): Promise<Leave> {
    const { isBig, signal } = turn
    signal?.throwIfAborted()
    if (!this.#hasRoom(isBig)) await this.#wait(turn)
    else this.#count(isBig, 1)
    let isTaken = true
    return () => {
      if (isTaken) this.#leave(isBig)
      isTaken = false
    }
  }

  #wait({ isBig, signal, mostMs }: Turn): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const giveUp = (reason: unknown) => {
        settle()
        const at = this.#waiting.indexOf(waiting)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(reason)
      }
      const abort = () => giveUp(signal?.reason)
      const enter = () => {
        settle()
        resolve()
      }
      const waiting = { isBig, enter }
      this.#waiting.push(waiting)
      const timer = mostMs === undefined ? undefined : setTimeout(() => giveUp(new NoPlace(this.#taken)), mostMs)
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
