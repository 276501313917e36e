import { hostname } from 'node:os'
import type { Config } from '../config/schema.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Job } from '../jobs/job.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { auditHead } from './head.ts'
import { auditRetention } from './retention.ts'
import { syslogExport } from './syslog.ts'

export interface AuditJobParts {
  readonly config: Config
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Log
}

/** How old a row is at most before the chain has it, when nobody asks for it sooner. */
const SEAL_MS = 1000

export function auditJobs({ config, ...parts }: AuditJobParts): Job[] {
  const { keep, syslog } = config.audit
  return [
    {
      name: 'audit-seal',
      about: 'Puts new rows of the audit into its chain.',
      everyMs: SEAL_MS,
      atEdges: true,
      run: () => parts.recorder.seal(),
    },
    auditRetention({ ...parts, keepMs: keep, exporting: syslog !== undefined, logging: config.recovery.log }),
    auditHead(parts),
    ...(syslog === undefined ? [] : [syslogExport({ ...parts, url: syslog, hostname: hostname() })]),
  ]
}
