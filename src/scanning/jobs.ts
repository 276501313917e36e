import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import type { ScannerParts } from './external/open-scanner.ts'
import type { ExternalScanParts } from './external/scan-images.ts'
import { hasEnabledScanners } from './external/store.ts'
import { countWaiting } from './queue-store.ts'
import { findDueEcosystems } from './due-ecosystems.ts'

export interface ScanJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
  readonly scanners: ScannerParts
  readonly authorize: ExternalScanParts['authorize']
}

const MINUTE_MS = 60_000
const NEVER = new AbortController().signal

/**
 * What the server itself does: looking into images has a process of its own (scan-process.ts). Each loads what does its
 * work when there is some.
 */
export function scanningJobs(parts: ScanJobParts): Job[] {
  const { config, registry, log, metrics } = parts
  if (!config.scanning.enabled) return []
  return [
    {
      name: 'vulnerability-data',
      about: 'Brings the vulnerability data up to date.',
      everyMs: MINUTE_MS,
      // Each server has its own copy: whichever matches next needs it.
      everywhere: true,
      run: async (signal = NEVER) => {
        const due = await findDueEcosystems(config, registry)
        if (due.length === 0) return
        const { updateData } = await import('./update-data.ts')
        await updateData({ config, registry, log }, due, signal)
      },
    },
    {
      name: 'external-scans',
      about: 'Has images looked into by scanners that are not ours.',
      everyMs: 10_000,
      run: async (signal = NEVER) => {
        if (!(await hasEnabledScanners(registry.database.reader))) return
        const { scanExternally } = await import('./external/scan-images.ts')
        const { scanners, authorize } = parts
        await scanExternally({ ...scanners, registry, log, authorize, registryUrl: config.externalUrl }, signal)
      },
    },
    {
      name: 'scan-upkeep',
      about: 'Queues images that nobody looked into yet, and forgets what is known of images that are gone.',
      everyMs: 10 * MINUTE_MS,
      run: async (signal = NEVER) => {
        metrics.set('berth_scan_queue', await countWaiting(registry.database.reader))
        const { backfill, forgetWhatIsGone } = await import('./upkeep.ts')
        await backfill(registry, signal)
        await forgetWhatIsGone(registry, signal)
        const { forgetForeignScans } = await import('./adapter/scan-foreign.ts')
        await forgetForeignScans(registry, signal)
      },
    },
  ]
}
