import type { Clock } from '../lib/clock.ts'
import type { Job } from './job.ts'

/** Decides which server of several runs a job. */
export interface JobTurns {
  /**
   * Runs `work` if no other server does it or has done it within the job's interval. The signal is aborted when another
   * may have begun because this one was not heard of for too long.
   */
  take(job: Job, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void>
}

interface SchedulerOptions {
  readonly clock: Clock
  readonly onFailure: (job: string, error: unknown) => void
  /** Told of each run that was begun here. */
  readonly onRun?: (job: string, seconds: number, failed: boolean) => void
  /** Undefined: there is one server. */
  readonly turns?: JobTurns | undefined
}

/** A stop waits no longer than this for the last run of a job. */
const LAST_RUN_MS = 10_000

/** Runs each job at its interval, never twice at once; a failed run is reported and tried again at the next. */
export function startScheduler(
  jobs: readonly Job[],
  { clock, onFailure, onRun, turns }: SchedulerOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController()

  async function run(job: Job, signal: AbortSignal): Promise<void> {
    const work = (until: AbortSignal) => timed(job, until)
    try {
      await (turns === undefined || job.everywhere ? work(signal) : turns.take(job, signal, work))
    } catch (error) {
      onFailure(job.name, error)
    }
  }

  async function timed(job: Job, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    let failed = true
    try {
      await job.run(signal)
      failed = false
    } finally {
      onRun?.(job.name, (performance.now() - startedAt) / 1000, failed)
    }
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
