import type { Config } from '../config/schema.ts'
import type { LayerLimits } from './layer-reader.ts'

/** What reading one layer may cost here. */
export function layerLimits({ scanning }: Config): LayerLimits {
  const { time, memory, ...limits } = scanning.limits
  return { ...limits, timeMs: time, memoryBytes: memory }
}
