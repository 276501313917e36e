import { environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import { createAnswer } from '../inside/answer.ts'
import { MEMORY_BYTES } from '../inside/apart.ts'
import { layerLimits } from '../inventory/layer-limits.ts'
import { createLayerReader } from '../inventory/layer/reader.ts'
import { answerOrders } from '../lib/answer-orders.ts'
import { withRegistry } from './offline.ts'

const IDLE_MS = 60_000
/** Layers that are read at a time, for those who cannot wait for the scan. */
const PARALLEL = 2

/** For a running server, which says what its configuration is: answers its orders until none come. */
export async function lookInside(): Promise<void> {
  const config = JSON.parse(environment.BERTH_WORKER_CONFIG ?? '') as Config
  const { data, database, storage } = config
  await withRegistry({ data, database, storage, config }, async (registry, _m, { findings }) => {
    const reader = createLayerReader({ limits: layerLimits(config), parallel: PARALLEL })
    const isSpent = () => process.memoryUsage.rss() > 2 * MEMORY_BYTES
    await answerOrders(createAnswer({ registry, reader, findings }), { idleMs: IDLE_MS, isSpent })
  })
  process.exit(0)
}
