import type { Config } from '../config/schema.ts'
import type { Job, SayProgress } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { collectorStatus, isIdle, runCollector } from './run.ts'

interface GcJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

export function gcJobs(parts: GcJobParts): Job[] {
  return [
    {
      name: 'gc',
      about: 'Collects what nothing needs any more, and empties the recycle bin.',
      everyMs: parts.config.gc.every,
      run: (signal, say) => run(parts, signal, say),
    },
  ]
}

async function run(
  { registry, log, metrics }: GcJobParts,
  signal: AbortSignal | undefined,
  say: SayProgress | undefined,
): Promise<void> {
  const done = await runCollector(registry, signal, say)
  metrics.add('berth_gc_manifests_binned_total', done.manifestsBinned)
  metrics.add('berth_gc_manifests_purged_total', done.manifestsPurged)
  metrics.add('berth_gc_blobs_collected_total', done.blobsCollected)
  metrics.add('berth_gc_objects_removed_total', done.objectsRemoved)
  metrics.add('berth_gc_bytes_freed_total', done.bytesFreed)
  const { waiting } = await collectorStatus(registry)
  metrics.set('berth_gc_queue', waiting.manifests + waiting.links + waiting.blobs)
  metrics.set('berth_gc_overdue', waiting.overdue)
  metrics.set('berth_gc_trash_bytes', waiting.trashBytes)
  metrics.set('berth_gc_trash_objects', waiting.trashObjects)
  if (!isIdle(done)) log.info('garbage was collected', { ...done })
}
