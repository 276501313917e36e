import { type Tracing, troubleOf, within } from '../observability/tracing.ts'
import type { Job } from './job.ts'

/** A trace for each run of a job that did something: looking whether there is something to do is not worth one. */
export function tracedJob(job: Job, tracing: Tracing): Job {
  return {
    ...job,
    run: async (signal, say) => {
      const span = tracing.job(job.name)
      if (span === undefined) return job.run(signal, say)
      try {
        await within(span, () => job.run(signal, say))
        span.endQuietly()
      } catch (error) {
        span.end(troubleOf(error))
        throw error
      }
    },
  }
}
