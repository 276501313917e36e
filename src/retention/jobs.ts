import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'

interface RetentionJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

export function retentionJobs(_parts: RetentionJobParts): Job[] {
  return []
}
