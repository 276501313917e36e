import type { Recorder } from '../events/recorder.ts'
import type { Job } from '../jobs/job.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { findHead } from './store.ts'

const HOUR_MS = 3_600_000

interface HeadParts {
  readonly database: Database
  readonly log: Log
  readonly recorder: Recorder
}

/**
 * Says in the log where the chain ends. Logs are kept elsewhere, so whoever writes the whole chain anew, or cuts off
 * its end, is found out by `berth audit verify --expect-head ID:HASH`.
 */
export function auditHead({ database, log, recorder }: HeadParts): Job {
  return {
    name: 'audit-head',
    about: 'Says in the log where the audit ends, so that nobody cuts its end off unseen.',
    everyMs: HOUR_MS,
    run: async () => {
      await recorder.seal()
      // A durable write, although it changes nothing: a head that a power cut takes back would look like a forgery.
      const { id, hash } = await database.write((tx) => findHead(tx))
      log.info('audit head', { id, hash })
    },
  }
}
