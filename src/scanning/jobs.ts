import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { openVulndb } from '../vulndb/vulndb.ts'
import { forgetForeignScans } from './adapter/scan-foreign.ts'
import type { ScannerParts } from './external/open-scanner.ts'
import { type ExternalScanParts, scanExternally } from './external/scan-images.ts'
import { countWaiting } from './queue-store.ts'
import { updateData } from './update-data.ts'
import { backfill, forgetWhatIsGone } from './upkeep.ts'

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

/** What the server itself does: looking into images has a process of its own (scan-process.ts). */
export function scanningJobs(parts: ScanJobParts): Job[] {
  const { config, registry, log, metrics } = parts
  if (!config.scanning.enabled) return []
  const vulndb = openVulndb({ data: config.data })
  return [
    {
      name: 'vulnerability-data',
      everyMs: MINUTE_MS,
      // Each server has its own copy: whichever matches next needs it.
      everywhere: true,
      run: (signal = NEVER) => updateData({ config, registry, vulndb, log }, signal),
    },
    {
      name: 'external-scans',
      everyMs: 10_000,
      run: (signal = NEVER) => {
        const { scanners, authorize } = parts
        return scanExternally({ ...scanners, registry, log, authorize, registryUrl: config.externalUrl }, signal)
      },
    },
    {
      name: 'scan-upkeep',
      everyMs: 10 * MINUTE_MS,
      run: async (signal = NEVER) => {
        metrics.set('berth_scan_queue', await countWaiting(registry.database.reader))
        await backfill(registry, signal)
        await forgetWhatIsGone(registry, signal)
        await forgetForeignScans(registry, signal)
      },
    },
  ]
}
