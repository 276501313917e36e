import type { Config } from '../config/schema.ts'
import { createLayerReader } from '../inventory/layer/reader.ts'
import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import { openVulndb } from '../vulndb/vulndb.ts'
import { secretsOf } from '../remotes/open-remotes.ts'
import { findNextForeign } from './adapter/foreign-store.ts'
import { type ForeignScanParts, scanForeign } from './adapter/scan-foreign.ts'
import { layerLimits } from '../inventory/layer-limits.ts'
import { matchPackages } from './match-packages.ts'
import { scanDue } from './scan-queue.ts'

interface WorkParts {
  readonly config: Config
  readonly registry: Registry
}

/** What a process that scans tells the server that started it. */
export interface ScanProgress {
  readonly scanned: number
  readonly matched: number
}

interface ProcessParts extends WorkParts {
  readonly log: Log
  readonly onProgress: (progress: ScanProgress) => void
}

/** It ends when nothing came for so long: pushes come in bursts, and a start costs half a second of a processor. */
const IDLE_MS = 10_000
const LOOK_EVERY_MS = 500

/**
 * Looks into images and matches packages until there is nothing left to do for a while. Merging layers and writing
 * findings down takes a processor for longer than a server may stand still, so it is done in a process of its own; what
 * is in layers is read by yet another one.
 */
export async function scanUntilIdle(parts: ProcessParts, signal: AbortSignal): Promise<void> {
  const { config, registry, log } = parts
  const { parallel } = config.scanning
  const reader = createLayerReader({ limits: layerLimits(config), parallel })
  const vulndb = openVulndb({ data: config.data })
  const foreign = config.scanning.adapter
    ? new ForeignWork({ config, registry, reader, vulndb, secrets: secretsOf(config), log })
    : undefined
  let idleSince = performance.now()
  while (!signal.aborted && (foreign?.isBusy || performance.now() - idleSince < IDLE_MS)) {
    await foreign?.look(signal)
    let scanned = 0
    await scanDue({ registry, reader, log, parallel, onScanned: () => scanned++ }, signal)
    if (signal.aborted) break
    const { packages, changed } = await matchPackages({ registry, vulndb }, signal)
    if (packages > 0) log.info('packages were matched with vulnerability data', { packages, changed })
    if (scanned + packages > 0) {
      parts.onProgress({ scanned, matched: packages })
      idleSince = performance.now()
    } else await registry.clock.sleep(LOOK_EVERY_MS, signal)
  }
  await foreign?.ended
}

/** Images of other registries, one at a time beside our own: a registry that sends slowly keeps nobody waiting here. */
class ForeignWork {
  readonly #parts: ForeignScanParts
  ended: Promise<void> = Promise.resolve()
  isBusy = false

  constructor(parts: ForeignScanParts) {
    this.#parts = parts
  }

  async look(signal: AbortSignal): Promise<void> {
    if (this.isBusy || (await findNextForeign(this.#parts.registry.database.reader)) === undefined) return
    this.isBusy = true
    this.ended = this.#scanAll(signal)
      .catch((error: unknown) =>
        this.#parts.log.error('images of other registries could not be looked into', { error }),
      )
      .finally(() => {
        this.isBusy = false
      })
  }

  async #scanAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await scanForeign(this.#parts, signal)));
  }
}
