import type { Config } from '../config/schema.ts'
import { createLayerReader } from '../inventory/layer/reader.ts'
import type { LayerLimits } from '../inventory/layer-reader.ts'
import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { openVulndb } from '../vulndb/vulndb.ts'
import type { ScannerParts } from './external/open-scanner.ts'
import { type ExternalScanParts, scanExternally } from './external/scan-images.ts'
import { matchPackages } from './match-packages.ts'
import { countWaiting } from './queue-store.ts'
import { scanDue } from './scan-queue.ts'
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

/** What reading one layer may cost here. */
export function layerLimits({ scanning }: Config): LayerLimits {
  const { time, memory, ...limits } = scanning.limits
  return { ...limits, timeMs: time, memoryBytes: memory }
}

const MINUTE_MS = 60_000
const NEVER = new AbortController().signal

export function scanningJobs(parts: ScanJobParts): Job[] {
  const { config, registry, log, metrics } = parts
  if (!config.scanning.enabled) return []
  const { parallel } = config.scanning
  const reader = createLayerReader({ limits: layerLimits(config), parallel })
  const vulndb = openVulndb({ data: config.data })
  return [
    {
      name: 'scan',
      everyMs: 1000,
      run: (signal = NEVER) => scanDue({ registry, reader, log, metrics, parallel }, signal),
    },
    {
      name: 'match',
      everyMs: 2000,
      run: async (signal = NEVER) => {
        const { packages, changed } = await matchPackages({ registry, vulndb }, signal)
        metrics.add('berth_matched_packages_total', packages)
        if (packages > 0) log.info('packages were matched with vulnerability data', { packages, changed })
      },
    },
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
      },
    },
  ]
}
