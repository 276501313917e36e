import { formatByteSize } from '../../lib/byte-size.ts'
import type { LayerLimits } from '../layer-reader.ts'
import { LimitError } from './stopped.ts'

/** Some layers begin with something that packs well. */
const RATIO_FROM_BYTES = 64 * 1024 ** 2
/** More is no time that can be waited for at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1
const LOOK_EVERY_BYTES = 4 * 1024 ** 2
const LOOK_EVERY_ENTRIES = 1024
/** Of the memory a layer may cost: above that nothing new is begun, so that what was found can still be told. */
const MEMORY_SHARE = 0.8

export interface MeterOptions {
  readonly limits: LayerLimits
  readonly packedBytes: number
  /** Of this process. */
  memoryBytes(): number
  /** Milliseconds, of a clock that only goes forward. */
  now(): number
}

/** Counts what reading a layer costs, and stops it by a `LimitError` that names the setting. */
export class Meter {
  readonly #options: MeterOptions
  readonly #deadline: number
  #bytes = 0
  #entries = 0
  #nextLook = 0

  constructor(options: MeterOptions) {
    this.#options = options
    this.#deadline = options.now() + options.limits.timeMs
  }

  get limits(): LayerLimits {
    return this.#options.limits
  }

  get timeLeftMs(): number {
    return Math.min(MAX_TIMER_MS, Math.max(0, this.#deadline - this.#options.now()))
  }

  /** @throws LimitError */
  unpacked(bytes: number): void {
    this.#bytes += bytes
    const { limits, packedBytes } = this.#options
    if (this.#bytes > limits.bytes) stop(`after ${formatByteSize(limits.bytes)} were unpacked`, 'bytes')
    if (this.#bytes > RATIO_FROM_BYTES && this.#bytes > packedBytes * limits.ratio)
      stop(`because it is more than ${limits.ratio} times larger unpacked than packed`, 'ratio')
    if (this.#bytes < this.#nextLook) return
    this.#nextLook = this.#bytes + LOOK_EVERY_BYTES
    this.look()
  }

  /** @throws LimitError */
  entry(): void {
    this.#entries++
    if (this.#entries > this.#options.limits.entries) stop(`after ${this.#options.limits.entries} entries`, 'entries')
    if (this.#entries % LOOK_EVERY_ENTRIES === 0) this.look()
  }

  /** @throws LimitError when time or memory is over */
  look(): void {
    if (this.timeLeftMs === 0) this.outOfTime()
    if (!this.hasMemoryFor(0)) stop(`because it took more memory than it may`, 'memory')
  }

  hasMemoryFor(bytes: number): boolean {
    return bytes <= this.memoryLeft
  }

  /** Below zero: more is taken than may be. */
  get memoryLeft(): number {
    return this.#options.limits.memoryBytes * MEMORY_SHARE - this.#options.memoryBytes()
  }

  /** @throws LimitError */
  outOfTime(): never {
    stop(`after ${Math.ceil(this.#options.limits.timeMs / 1000)} seconds`, 'time')
  }
}

function stop(why: string, setting: 'bytes' | 'ratio' | 'entries' | 'time' | 'memory'): never {
  throw new LimitError(`stopped ${why}: scanning.limits.${setting}`)
}
