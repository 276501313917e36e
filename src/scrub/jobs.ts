import type { Config } from '../config/schema.ts'
import type { Job, SayProgress } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { scrub } from './scrub.ts'
import { sweepOrphans } from './sweep.ts'

interface ScrubJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

const MINUTE_MS = 60_000

export function scrubJobs({ config, registry, log, metrics }: ScrubJobParts): Job[] {
  const { rate } = config.scrub
  return [
    ...(rate === 0
      ? []
      : [
          {
            name: 'scrub',
            about: 'Reads stored bytes again, and finds those that are damaged.',
            everyMs: MINUTE_MS,
            run: (signal?: AbortSignal, say?: SayProgress) => scrub({ registry, log, metrics, rate, signal, say }),
          },
        ]),
    {
      name: 'sweep-orphans',
      about: 'Looks for stored objects that no row knows.',
      everyMs: 30 * MINUTE_MS,
      run: (signal) => sweepOrphans({ registry, log, signal }),
    },
  ]
}
