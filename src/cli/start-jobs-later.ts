import type { Scheduler } from '../jobs/scheduler.ts'
import { systemClock } from '../lib/clock.ts'
import { returnMemory } from '../lib/memory.ts'
import type { JobsOptions } from './start-jobs.ts'

/** Reading them keeps everything waiting for a while: whoever waited for the start is answered first. */
const FIRST_ANSWERS_MS = 100
const DESCRIPTORS_AGAIN_MS = 1000

/**
 * Starts the jobs soon after the process listens; one that has no file descriptor left to load them serves, and tries
 * again. Returns undefined when it was asked to stop before they could start.
 */
export async function startJobsLater(options: JobsOptions, stopSignal: Promise<void>): Promise<Scheduler | undefined> {
  let isStopping = false
  void stopSignal.then(() => (isStopping = true))
  await systemClock.sleep(FIRST_ANSWERS_MS)
  while (!isStopping) {
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
    await systemClock.sleep(DESCRIPTORS_AGAIN_MS)
  }
  return undefined
}

/**
 * Of the release nothing is read from files. From source a module that cannot be read has the reason in words only, and
 * one whose folder cannot be is "missing", which the runtime may go on believing.
 */
function isOutOfDescriptors(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' || /\bE[MN]FILE\b/.test(`${code} ${message}`)
}
