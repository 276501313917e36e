import type { App } from '../app.ts'
import type { Config } from '../config/schema.ts'
import { JobBoard } from '../jobs/board.ts'
import { type Scheduler, startScheduler } from '../jobs/scheduler.ts'
import { tracedJob } from '../jobs/traced-job.ts'
import { systemClock } from '../lib/clock.ts'
import { RegistryMoved } from '../metadata/move-state.ts'
import type { Log } from '../observability/log.ts'
import type { Replica } from '../replicas/join.ts'
import { adoptJobs } from './adopt-process.ts'
import { scanJobs } from './scan-process.ts'

export interface JobsOptions {
  readonly app: App
  readonly config: Config
  readonly log: Log
  readonly boot: string
  readonly replica: Replica | undefined
}

/** What the server does by itself, from now on. */
export async function startJobs({ app, config, log, boot, replica }: JobsOptions): Promise<Scheduler> {
  const sayMoved = movedOnce(log)
  const jobs = [
    ...(await app.jobs()),
    ...(replica?.jobs ?? []),
    ...(await adoptJobs(app, config)),
    ...scanJobs(app, config, log),
  ]
  const { tracing } = app
  const all = tracing === undefined ? jobs : jobs.map((job) => tracedJob(job, tracing))
  return startScheduler(all, {
    clock: systemClock,
    turns: replica?.turns,
    board: new JobBoard({
      database: app.database,
      clock: app.registry.clock,
      server: boot,
      isAlone: replica === undefined,
    }),
    onRun: (job, seconds, failed) => app.metrics.jobs.add(job, seconds, failed),
    onFailure: (job, error) => {
      if (error instanceof RegistryMoved) return sayMoved(error)
      app.metrics.add('registry_job_failures_total')
      log.error('job failed', { job, error })
    },
  })
}

/** No job runs any more, and each of them would say so every time. */
function movedOnce(log: Log): (error: RegistryMoved) => void {
  let isSaid = false
  return ({ message }) => {
    if (!isSaid) log.warn(message)
    isSaid = true
  }
}
