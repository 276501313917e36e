import { isOfDistribution } from '../inventory/distribution-owned.ts'
import { layersOf } from '../inventory/held-layers.ts'
import { baseOf, parseImageConfig } from '../inventory/image-config.ts'
import type { ImageFacts, InventoryState, LocatedPackage } from '../inventory/image-inventory.ts'
import type { LayerInventory } from '../inventory/layer-inventory.ts'
import { mergeLayers } from '../inventory/merge.ts'
import type { PackageRow } from '../inventory/store.ts'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import { advisoryKeyOf } from '../packages/ecosystem.ts'
import type { OsRelease } from '../packages/package.ts'
import { purlOf } from '../packages/package-purl.ts'

/** What was read of an image. */
export interface ReadImage {
  readonly manifest: Manifest
  readonly layers: readonly { readonly digest: Digest; readonly inventory: LayerInventory }[]
  /** Its configuration; undefined: it could not be had. */
  readonly config: Uint8Array | undefined
}

/** What follows from it. */
export interface ImageContents {
  readonly state: InventoryState
  readonly facts: ImageFacts
  readonly packages: readonly LocatedPackage[]
  /** Each once, under the name by which advisories speak of it. */
  readonly rows: readonly PackageRow[]
}

export function contentsOf({ manifest, layers, config }: ReadImage): ImageContents {
  const merged = mergeLayers(layers)
  const reasons = [...merged.reasons, ...foreignReasons(manifest), ...unknownReasons(merged.unknownBinaries)]
  const base = baseOf(manifest)
  const facts: ImageFacts = {
    reasons: [...new Set(reasons)].slice(0, 50),
    ...(merged.os && { os: merged.os }),
    ...{ labels: {}, ...(config && parseImageConfig(config)), ...(base && { base }) },
    layers: layersOf(manifest),
  }
  const rows = distinctRows(merged.packages, merged.os)
  return { state: stateOf({ layers, reasons, isEmpty: rows.length === 0 }), facts, packages: merged.packages, rows }
}

function foreignReasons(manifest: Manifest): string[] {
  const layers = manifest.blobs.slice(1)
  const foreign = layers.filter(({ mediaType }) => isNonDistributable(mediaType)).length
  const unreadable = layers.length - foreign - layersOf(manifest).length
  return [
    ...(foreign === 0 ? [] : [`${foreign} layers are not stored here (non-distributable)`]),
    ...(unreadable === 0 ? [] : [`${unreadable} layers have digests that cannot be computed here`]),
  ]
}

function unknownReasons(paths: readonly string[]): string[] {
  if (paths.length === 0) return []
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  return [`of these programs nothing is known: ${paths.slice(0, 3).join(', ')}${more}`]
}

/** Each once: a package that lies in two places is one row. */
function distinctRows(packages: readonly LocatedPackage[], os: OsRelease | undefined): PackageRow[] {
  const rows = new Map<string, PackageRow>()
  for (const each of packages) {
    const key = isOfDistribution(each, os) ? undefined : advisoryKeyOf(each, os)
    const row: PackageRow = {
      ...{ purl: purlOf(each, os), type: each.type, name: each.name, version: each.version },
      ...{ ecosystem: key?.ecosystem ?? '', advisoryName: key?.name ?? '', advisoryVersion: key?.version ?? '' },
    }
    rows.set(JSON.stringify([row.purl, row.ecosystem, row.advisoryName, row.advisoryVersion]), row)
  }
  return [...rows.values()]
}

function stateOf({
  layers,
  reasons,
  isEmpty,
}: Pick<ReadImage, 'layers'> & { readonly reasons: readonly string[]; readonly isEmpty: boolean }): InventoryState {
  if (layers.length > 0 && layers.every(({ inventory }) => inventory.state === 'failed')) return 'failed'
  if (isEmpty) return 'unsupported'
  const isWhole = layers.every(({ inventory }) => inventory.state === 'complete') && reasons.length === 0
  return isWhole ? 'complete' : 'partial'
}
