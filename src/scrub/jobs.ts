import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
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
            everyMs: MINUTE_MS,
            run: (signal?: AbortSignal) => scrub({ registry, log, metrics, rate, signal }),
          },
        ]),
    {
      name: 'sweep-orphans',
      everyMs: 30 * MINUTE_MS,
      run: (signal) => sweepOrphans({ registry, log, signal }),
    },
  ]
}
