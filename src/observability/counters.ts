import type { RequestTally } from './request-tally.ts'

/** Things that happen besides requests, each with what it means. */
export const COUNTERS = {
  registry_storage_uploads_purged_total: 'Unfinished uploads removed because nobody went on with them',
  registry_job_failures_total: 'Runs of background jobs that failed',
} as const

export type CounterName = keyof typeof COUNTERS

/** Everything that was counted so far. */
export interface Counted {
  readonly requests: RequestTally
  count(counter: CounterName): number
}
