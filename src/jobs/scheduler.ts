import type { Clock } from '../lib/clock.ts'
import type { Job } from './job.ts'

interface SchedulerOptions {
  readonly clock: Clock
  readonly onFailure: (job: string, error: unknown) => void
}

/** A stop waits no longer than this for the last run of a job. */
const LAST_RUN_MS = 10_000

/** Runs each job at its interval, never twice at once; a failed run is reported and tried again at the next. */
export function startScheduler(
  jobs: readonly Job[],
  { clock, onFailure }: SchedulerOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController()

  function run(job: Job, signal: AbortSignal): Promise<void> {
    return job.run(signal).catch((error: unknown) => onFailure(job.name, error))
  }

  async function repeat(job: Job): Promise<void> {
    if (job.atEdges) await run(job, stopping.signal)
    for (;;) {
      await clock.sleep(job.everyMs, stopping.signal)
      if (stopping.signal.aborted) break
      await run(job, stopping.signal)
    }
    if (job.atEdges) await run(job, AbortSignal.timeout(LAST_RUN_MS))
  }

  const running = jobs.map(repeat)
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
