import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { pruneHistory, prunePulls } from './prune.ts'

interface HistoryJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

const EVERY_MS = 6 * 60 * 60 * 1000

export function historyJobs({ config, registry, log }: HistoryJobParts): Job[] {
  return [
    {
      name: 'prune-history',
      about: 'Forgets old moves of tags, and when what is gone was last pulled.',
      everyMs: EVERY_MS,
      run: async () => {
        const events = await pruneHistory(registry, config.history.keep)
        await prunePulls(registry, config.history.keep)
        if (events > 0) log.info('old moves of tags were forgotten', { events })
      },
    },
  ]
}
