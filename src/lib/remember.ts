import type { Clock } from './clock.ts'

export interface Remembered<T> {
  /** What was loaded last, or loads it. @throws what the loading threw, also for a while after */
  get(): Promise<T>
  /** Loads again unless that was just tried. @throws what the loading threw */
  renew(): Promise<T>
}

interface RememberOptions {
  readonly clock: Clock
  /** How long a value is good. */
  readonly freshMs: number
  /** How long a failure is repeated without trying again. */
  readonly failFastMs: number
  /** How long after a try `renew` does nothing. */
  readonly renewMs: number
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/** Remembers something that is costly to load. Everyone who asks while it is being loaded waits for the same load. */
export function remember<T>(load: () => Promise<T>, options: RememberOptions): Remembered<T> {
  const { clock, freshMs, failFastMs, renewMs } = options
  let last: (Outcome<T> & { readonly ms: number }) | undefined
  let triedMs = Number.NEGATIVE_INFINITY
  let loading: Promise<T> | undefined

  /** Also false when the clock was set back: rather ask once too often. */
  const within = (sinceMs: number, ms: number) => {
    const age = clock.now().getTime() - sinceMs
    return age >= 0 && age < ms
  }

  async function loadNow(): Promise<T> {
    const ms = clock.now().getTime()
    triedMs = ms
    try {
      const value = await load()
      last = { value, ms }
      return value
    } catch (error) {
      // A failed renewal takes away nothing that is still good.
      if (last === undefined || 'error' in last || !within(last.ms, freshMs)) last = { error, ms }
      throw error
    } finally {
      loading = undefined
    }
  }

  function reload(): Promise<T> {
    loading ??= loadNow()
    return loading
  }

  return {
    get: async () => {
      if (last === undefined) return reload()
      if ('error' in last) {
        if (within(last.ms, failFastMs)) throw last.error
        return reload()
      }
      return within(last.ms, freshMs) ? last.value : reload()
    },
    renew: async () => {
      if (loading !== undefined) return loading
      if (last !== undefined && 'value' in last && within(triedMs, renewMs)) return last.value
      return reload()
    },
  }
}
