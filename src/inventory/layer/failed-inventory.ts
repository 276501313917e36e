import type { LayerInventory } from '../layer-inventory.ts'
import { printable } from './reasons.ts'

export function failedInventory(reason: string): LayerInventory {
  return { state: 'failed', reasons: [printable(reason)], packageFiles: [], unknownBinaries: [], files: [] }
}
