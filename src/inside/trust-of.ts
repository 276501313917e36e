import { layersOf } from '../inventory/held-layers.ts'
import type { FilesTrust, LayerInventory } from '../inventory/layer-inventory.ts'
import type { Manifest } from '../oci/manifest.ts'

const MAX_REASONS = 50

/** Of the files of an image whose layers were read. */
export function trustOf(
  manifest: Manifest,
  layers: readonly { readonly inventory: Pick<LayerInventory, 'state' | 'reasons'> }[],
): FilesTrust {
  const foreign = foreignReasons(manifest)
  const reasons = [...foreign, ...layers.flatMap(({ inventory }) => inventory.reasons)]
  const state = stateOf(layers.map(({ inventory }) => inventory.state))
  return {
    state: foreign.length > 0 && state === 'complete' ? 'partial' : state,
    reasons: [...new Set(reasons)].slice(0, MAX_REASONS),
  }
}

function stateOf(states: readonly FilesTrust['state'][]): FilesTrust['state'] {
  if (states.every((state) => state === 'complete')) return 'complete'
  return states.every((state) => state === 'failed') ? 'failed' : 'partial'
}

function foreignReasons(manifest: Manifest): string[] {
  const absent = manifest.blobs.length - 1 - layersOf(manifest).length
  return absent <= 0 ? [] : [`${absent} layers are not stored here`]
}
