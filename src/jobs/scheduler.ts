import type { Clock } from '../lib/clock.ts'
import type { Job } from './job.ts'

interface SchedulerOptions {
  readonly clock: Clock
  readonly onFailure: (job: string, error: unknown) => void
}

/** Runs each job at its interval, never twice at once; a failed run is reported and tried again at the next. */
export function startScheduler(
  jobs: readonly Job[],
  { clock, onFailure }: SchedulerOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController()

  async function repeat(job: Job): Promise<void> {
    for (;;) {
      await clock.sleep(job.everyMs, stopping.signal)
      if (stopping.signal.aborted) return
      await job.run(stopping.signal).catch((error: unknown) => onFailure(job.name, error))
    }
  }

  const running = jobs.map(repeat)
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
