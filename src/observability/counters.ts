import type { JobTally } from './job-tally.ts'
import type { RequestTally } from './request-tally.ts'
import type { Watch } from './watched.ts'

/** Things that happen besides requests, each with what it means. */
export const COUNTERS = {
  registry_storage_uploads_purged_total: 'Unfinished uploads removed because nobody went on with them',
  registry_job_failures_total: 'Runs of background jobs that failed',
  berth_gc_manifests_binned_total: 'Manifests that nothing named any more and that went to the recycle bin',
  berth_gc_manifests_purged_total: 'Manifests removed for good when their time in the recycle bin was over',
  berth_gc_blobs_collected_total: 'Blobs that nothing needed any more',
  berth_gc_objects_removed_total: 'Stored objects removed',
  berth_gc_bytes_freed_total: 'Bytes of removed blobs, in objects and in rows',
  berth_scrub_bytes_total: 'Stored bytes read again to see whether they are what they were',
  berth_scrub_damaged_blobs_total: 'Blobs whose stored bytes turned out to be damaged or missing',
  berth_proxy_manifests_total: 'Manifests that were brought from upstreams',
  berth_proxy_blobs_total: 'Blobs that were brought from upstreams',
  berth_proxy_bytes_total: 'Bytes of these blobs',
  berth_proxy_stale_total: 'Pulls that got what a tag named before, because its upstream was of no use',
  berth_proxy_broken_total: 'Blobs of upstreams that did not come to their end',
  berth_proxy_rejected_total: 'Blobs of upstreams that were not what their digest says',
  berth_scanned_images_total: 'Images that were looked into',
  berth_matched_packages_total: 'Packages that were matched with vulnerability data',
  berth_trace_spans_total: 'Spans of traces that ended here',
  berth_trace_spans_sent_total: 'Of these, those that a collector has taken; others wait, or were dropped',
  berth_recovery_objects_total: 'Pieces written to the recovery log',
} as const

/** Things that go up and down, as they were when a job looked last. */
export const GAUGES = {
  berth_gc_queue:
    'Manifests and blobs that wait to be looked at, those whose time has not come included; of each kind 50,000 or more count as 50,000',
  berth_gc_overdue: 'Of these, those whose time has come',
  berth_gc_trash_bytes: 'Bytes of objects that wait until nobody can be reading them',
  berth_gc_trash_objects: 'Objects that wait until nobody can be reading them',
  berth_replication_queue: 'Changes that wait to be sent to other registries',
  berth_scan_queue: 'Images that wait to be looked into',
} as const

export type GaugeName = keyof typeof GAUGES

export type CounterName = keyof typeof COUNTERS

/** Everything that was counted so far. */
export interface Counted {
  readonly requests: RequestTally
  readonly jobs: JobTally
  readonly watches: readonly Watch[]
  /** Requests to the object store by operation. */
  readonly storageRequests: ReadonlyMap<string, number>
  /** Images that were replicated, by direction and what became of them, with a blank between. */
  readonly replicated: ReadonlyMap<string, number>
  count(counter: CounterName): number
  /** Undefined: nobody has looked yet. */
  level(gauge: GaugeName): number | undefined
}
