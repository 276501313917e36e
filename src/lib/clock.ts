/** Time as a dependency, so that tests decide what o'clock it is. */
export interface Clock {
  now(): Date
  /** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** From now on this clock is so much ahead of the machine's. Clocks of tests stand by themselves. */
  adjust?(offsetMs: number): void
}

/** The machine's time, or that of a database which several machines go by. */
export function adjustableClock(): Clock {
  let offsetMs = 0
  return {
    ...systemClock,
    now: () => new Date(Date.now() + offsetMs),
    adjust: (ms) => {
      offsetMs = ms
    },
  }
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
      function done() {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
    }),
}
