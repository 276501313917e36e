import { Breaths } from '../lib/breaths.ts'
import { Rejection } from './rejection.ts'

/** About a second of a processor, in the measure of `costOfKey`. */
const MAX_COST = 10_000

/** Says when looking at the signatures of one manifest took enough, and lets others in between. */
export class Effort {
  readonly #breaths = new Breaths()
  readonly #isOver: () => boolean
  #cost = 0
  #bytes = 0
  #rests = 0

  constructor(isOver: () => boolean = () => false) {
    this.#isOver = isOver
  }

  /** What was spent on keys, how many bytes were given to parsers, and how often others could have had a turn. */
  get spent(): { readonly cost: number; readonly bytes: number; readonly rests: number } {
    return { cost: this.#cost, bytes: this.#bytes, rests: this.#rests }
  }

  /** Before each step that takes a millisecond or more. @throws Rejection: the time is over */
  async rest(): Promise<void> {
    this.#rests++
    await this.#breaths.take()
    if (this.#isOver()) throw new Rejection('time', 'the time for looking at signatures is over')
  }

  /** Before keys are asked. @throws Rejection: all together would take too long */
  spend(cost: number): void {
    if (this.#cost + cost > MAX_COST)
      throw new Rejection('time', 'the signatures of this image take too long to look at all of them')
    this.#cost += cost
  }

  /** That so many bytes are parsed now. */
  parse(bytes: number): void {
    this.#bytes += bytes
  }
}
