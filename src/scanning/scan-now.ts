import type { Config } from '../config/schema.ts'
import { createLayerReader } from '../inventory/layer/reader.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import type { Registry } from '../registry/registry.ts'
import { openVulndb } from '../vulndb/vulndb.ts'
import { analyzeImage } from './analyze-image.ts'
import { matchPackages } from './match-packages.ts'
import { layerLimits } from '../inventory/layer-limits.ts'
import { removeWaiting } from './queue-store.ts'

interface ScanNowParts {
  readonly config: Config
  readonly registry: Registry
}

/** Looks into one image, and matches what is new, before it returns. @throws Problem */
export async function lookIntoNow({ config, registry }: ScanNowParts, digest: Digest): Promise<void> {
  const { signal } = new AbortController()
  const reader = createLayerReader({ limits: layerLimits(config), parallel: config.scanning.parallel })
  const ending = await analyzeImage({ registry, reader }, digest, signal)
  if (ending === 'absent') throw new Problem('invalid', `${digest} is no image with a file system`)
  if (ending === 'incomplete') throw new Problem('conflict', `not all layers of ${digest} are here`)
  await registry.database.writeQuietly((tx) => removeWaiting(tx, digest))
  await matchPackages({ registry, vulndb: openVulndb({ data: config.data }) }, signal)
}
