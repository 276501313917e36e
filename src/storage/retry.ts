import { systemClock } from '../lib/clock.ts'

export interface RetryPlan {
  /** One attempt may take so long. */
  readonly attemptMs: number
  /** No attempt begins later than this after the first. */
  readonly totalMs: number
  readonly isTransient: (error: unknown) => boolean
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/**
 * Tries again what failed for the moment, with full jitter: the wait is any time up to a bound that doubles, so that
 * many clients of a store that is back do not come at once. The attempt's signal is aborted when its time is over.
 */
export async function withRetries<T>(attempt: (signal: AbortSignal) => Promise<T>, plan: RetryPlan): Promise<T> {
  const start = performance.now()
  for (let count = 0; ; count++) {
    try {
      return await inTime(attempt, plan.attemptMs)
    } catch (error) {
      const waitMs = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** count)
      if (!plan.isTransient(error) || performance.now() - start + waitMs > plan.totalMs) throw error
      await systemClock.sleep(waitMs)
    }
  }
}

/** The signal stays usable for what the attempt leaves open, such as a body that is still to be read. */
async function inTime<T>(attempt: (signal: AbortSignal) => Promise<T>, attemptMs: number): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${attemptMs / 1000} s`)), attemptMs)
  try {
    return await attempt(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}
