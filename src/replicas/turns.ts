import { isAskedToRun, takeAsk } from '../jobs/asks.ts'
import type { Job } from '../jobs/job.ts'
import type { JobTurns, Turn } from '../jobs/scheduler.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { takeLease } from '../metadata/leases.ts'

/** A server that is not heard of for this long has lost its job to whoever asks next. */
export const JOB_LEASE_MS = 20_000
/** Their names begin so. */
export const JOB_LEASES = 'job:'
const RENEW_MS = 5_000
/** No job that runs has a lease that lasts so long, with clocks that differ a little: whoever has one rests. */
const RESTS_MS = JOB_LEASE_MS + 5_000
/** Of the interval: whoever ran a job is not followed before the next run is nearly due. */
const REST = 0.9

interface TurnParts {
  readonly database: Database
  readonly clock: Clock
  /** Names this server. */
  readonly holder: string
}

/** Jobs by lease rows: what a dead server was at is taken up by another within `JOB_LEASE_MS`. */
export function jobTurns({ database, clock, holder }: TurnParts): JobTurns {
  const take = (job: Job, ttlMs: number) =>
    database.writeQuietly((tx) => takeLease(tx, { name: `${JOB_LEASES}${job.name}`, holder, now: clock.now(), ttlMs }))

  /** Somebody wants it now, whoever had the last turn; only one of all that saw it has this one. */
  const takeAsked = ({ name }: Job) =>
    database.writeQuietly(async (tx) => {
      const lease = { name: `${JOB_LEASES}${name}`, holder, now: clock.now(), ttlMs: JOB_LEASE_MS }
      if (!(await isAskedToRun(tx, name))) return false
      if (!(await takeLease(tx, { ...lease, overLongerThanMs: RESTS_MS }))) return false
      return takeAsk(tx, name)
    })
  const begin = ({ job, asked }: Turn) => (asked ? takeAsked(job) : take(job, JOB_LEASE_MS))

  /** Ends when the work has, or when the lease is lost or was not renewed in time. */
  async function renew(job: Job, done: AbortSignal, lost: AbortController): Promise<void> {
    let until = performance.now() + JOB_LEASE_MS
    for (;;) {
      await clock.sleep(RENEW_MS, done)
      if (done.aborted) return
      const asked = performance.now()
      const held = await take(job, JOB_LEASE_MS).catch(() => undefined)
      if (held === true) until = asked + JOB_LEASE_MS
      if (held === false || performance.now() > until - RENEW_MS) return lost.abort()
    }
  }

  return {
    take: async (turn, work) => {
      const { job, signal } = turn
      if (!(await begin(turn))) return
      const [done, lost] = [new AbortController(), new AbortController()]
      const startedAt = performance.now()
      const renewing = renew(job, done.signal, lost)
      try {
        await work(AbortSignal.any([signal, lost.signal]))
      } finally {
        done.abort()
        await renewing
      }
      const restMs = job.everyMs * REST - (performance.now() - startedAt)
      if (!lost.signal.aborted) await take(job, Math.max(0, Math.round(restMs)))
    },
  }
}
