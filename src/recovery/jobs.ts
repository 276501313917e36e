import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { LogWriter } from './write-log.ts'

interface RecoveryJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

/** What a lost database loses at most. */
const EVERY_MS = 5000

export function recoveryJobs({ config, ...parts }: RecoveryJobParts): Job[] {
  if (!config.recovery.log) return []
  const writer = new LogWriter(parts)
  return [{ name: 'recovery', everyMs: EVERY_MS, atEdges: true, run: (signal) => writer.run(signal) }]
}
