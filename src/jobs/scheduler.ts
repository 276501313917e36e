import type { Clock } from '../lib/clock.ts'
import type { JobBoard } from './board.ts'
import type { Job } from './job.ts'

/** Decides which server of several runs a job. */
export interface JobTurns {
  /**
   * Runs `work` if no other server does it or has done it within the job's interval; when somebody asked for it, also
   * within that. The signal is aborted when another may have begun because this one was not heard of for too long.
   */
  take(turn: Turn, work: (signal: AbortSignal) => Promise<void>): Promise<void>
}

export interface Turn {
  readonly job: Job
  readonly asked: boolean
  readonly signal: AbortSignal
}

interface SchedulerOptions {
  readonly clock: Clock
  readonly onFailure: (job: string, error: unknown) => void
  /** Told of each run that was begun here. */
  readonly onRun?: (job: string, seconds: number, failed: boolean) => void
  /** Undefined: there is one server. */
  readonly turns?: JobTurns | undefined
  /** Where runs are shown, and asked for. */
  readonly board?: JobBoard | undefined
}

/** Jobs at work. */
export interface Scheduler {
  stop(): Promise<void>
}

/** A stop waits no longer than this for the last run of a job. */
const LAST_RUN_MS = 10_000

/** Runs each job at its interval, never twice at once; a failed run is reported and tried again at the next. */
export function startScheduler(
  jobs: readonly Job[],
  { clock, onFailure, onRun, turns, board }: SchedulerOptions,
): Scheduler {
  const stopping = new AbortController()
  /** What each job waits for, or works under: one at a time. */
  const current = new Map<Job, AbortController>()
  const sleeping = new Set<Job>()

  async function run(job: Job, asked = false, ending?: AbortSignal): Promise<void> {
    const controller = begin(job)
    ending?.addEventListener('abort', () => controller.abort(), { once: true })
    const { signal } = controller
    const work = (until: AbortSignal) => timed(job, asked, until)
    try {
      if (turns !== undefined && job.everywhere !== true) await turns.take({ job, asked, signal }, work)
      else if (!asked || (await board?.takeAsk(job)) === true) await work(signal)
    } catch (error) {
      onFailure(job.name, error)
    }
  }

  function begin(job: Job): AbortController {
    const controller = new AbortController()
    current.set(job, controller)
    return controller
  }

  async function timed(job: Job, asked: boolean, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    const note = board?.begin(job, { asked, cancel: () => current.get(job)?.abort() })
    let failed = false
    try {
      await job.run(signal, note?.say)
      note?.end()
    } catch (error) {
      // What was to end in the middle may say so.
      failed = note?.isCancelled !== true
      note?.end(error)
      if (failed) throw error
    } finally {
      onRun?.(job.name, (performance.now() - startedAt) / 1000, failed)
    }
  }

  /** Returns whether somebody asked for it before its time. */
  async function untilDue(job: Job, ms: number): Promise<boolean> {
    const { signal } = begin(job)
    sleeping.add(job)
    if (!stopping.signal.aborted) await clock.sleep(ms, signal)
    sleeping.delete(job)
    return signal.aborted
  }

  async function repeat(job: Job): Promise<void> {
    if (job.atEdges) await run(job)
    for (let ms = job.firstMs ?? job.everyMs; ; ms = job.everyMs) {
      const asked = await untilDue(job, ms)
      if (stopping.signal.aborted) break
      await run(job, asked)
    }
    if (job.atEdges) await run(job, false, AbortSignal.timeout(LAST_RUN_MS))
  }

  board?.start(jobs, (job) => {
    if (sleeping.has(job)) current.get(job)?.abort()
  })
  const running = jobs.map(repeat)
  return {
    stop: async () => {
      stopping.abort()
      for (const each of current.values()) each.abort()
      await Promise.all(running)
      await board?.stop()
    },
  }
}
