import type { Scheduler } from '../jobs/scheduler.ts'
import { systemClock } from '../lib/clock.ts'
import { returnMemory } from '../lib/memory.ts'
import type { JobsOptions } from './start-jobs.ts'

/** Reading them keeps everything waiting for a while: whoever waited for the start is answered first. */
const FIRST_ANSWERS_MS = 100
const DESCRIPTORS_AGAIN_MS = 1000

/**
 * Starts the jobs soon after the process listens, in one that is stopped before that too: some work once more when it
 * ends. A process that has no file descriptor left to load them serves, and tries again until it is stopped; then
 * undefined is returned.
 */
export async function startJobsLater(options: JobsOptions, stopSignal: Promise<void>): Promise<Scheduler | undefined> {
  let isStopping = false
  void stopSignal.then(() => (isStopping = true))
  await systemClock.sleep(FIRST_ANSWERS_MS)
  for (;;) {
    try {
      const { startJobs } = await import('./start-jobs.ts')
      const scheduler = await startJobs(options)
      returnMemory()
      return scheduler
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error
      options.log.error(
        'jobs wait for file descriptors: raise the limit (ulimit -n), and start again if this goes on',
        { error },
      )
    }
    if (isStopping) return undefined
    await systemClock.sleep(DESCRIPTORS_AGAIN_MS)
  }
}

/**
 * Of the release nothing is read from files. From source a module that cannot be read has the reason in words only, and
 * one whose folder cannot be is "missing", which the runtime may go on believing.
 */
function isOutOfDescriptors(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' || /\bE[MN]FILE\b/.test(`${code} ${message}`)
}
