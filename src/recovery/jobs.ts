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

/**
 * The log follows what changes, and is written anew when it has grown. Until then it still has what was deleted, so it is
 * written anew too when manifests or blobs were removed since the last time and that was a day ago: content that was
 * purged leaves the log within a day, which costs one checkpoint a day at most.
 */
export function recoveryJobs({ config, ...parts }: RecoveryJobParts): Job[] {
  if (!config.recovery.log) return []
  const writer = new LogWriter(parts)
  return [
    {
      name: 'recovery',
      about: 'Writes changes to the log beside the blobs, from which a lost database can be made anew.',
      everyMs: EVERY_MS,
      atEdges: true,
      run: (signal) => writer.run(signal),
    },
  ]
}
