import type { Manifest } from '../../oci/manifest.ts'
import type { ImageSettings } from '../../registry/image-settings.ts'
import type { FindingsReport } from '../finding.ts'
import type { FilesTrust } from '../layer-inventory.ts'
import { baseOf } from '../image-config.ts'
import type { ImageInventory, InventoryState } from '../image-inventory.ts'
import { type ChangedFiles, compareFiles, type Files } from './compare-files.ts'
import { compareFindings, type FindingChanges } from './compare-findings.ts'
import { compareLayers, type LayerChanges } from './compare-layers.ts'
import { comparePackages, type PackageChanges } from './compare-packages.ts'
import { compareSettings, type SettingChange } from './compare-settings.ts'

/** One of two images. What is not known of both is not compared. */
export interface ComparedImage {
  readonly repository: string
  readonly digest: string
  readonly manifest: Manifest
  readonly settings: ImageSettings | undefined
  readonly inventory?: ImageInventory | undefined
  /** As `mergeFiles` has them. */
  readonly listing?: (FilesTrust & { readonly files: Files }) | undefined
  readonly report?: FindingsReport | undefined
}

/** What changed from the first image to the second one. */
export interface ImageComparison {
  readonly before: ComparedState
  readonly after: ComparedState
  readonly configuration: readonly SettingChange[]
  readonly layers: LayerChanges
  readonly packages?: PackageChanges
  readonly files?: FileTotals
  readonly vulnerabilities?: FindingChanges
}

/** Where it is not complete, there may be more than what is said here. */
export interface ComparedState {
  readonly repository: string
  readonly digest: string
  /** `waiting`: nobody looked into it yet. */
  readonly state: InventoryState | 'waiting'
  readonly reasons: readonly string[]
  /** As it is pulled: its configuration and each of its layers. */
  readonly sizeBytes: number
}

export interface FileTotals {
  readonly before: FilesTrust
  readonly after: FilesTrust
  readonly added: ChangedFiles
  readonly removed: ChangedFiles
  readonly changed: ChangedFiles
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** In time and space that grow with the size of both, and of nothing else. */
export function compareImages(before: ComparedImage, after: ComparedImage): ImageComparison {
  return {
    before: stateOf(before),
    after: stateOf(after),
    configuration: compareSettings(saidOf(before), saidOf(after)),
    layers: compareLayers(before.manifest.blobs.slice(1), after.manifest.blobs.slice(1)),
    ...(before.inventory &&
      after.inventory && { packages: comparePackages(before.inventory.packages, after.inventory.packages) }),
    ...(before.listing && after.listing && { files: totalsOf(before.listing, after.listing) }),
    ...(saysAnything(before.report) &&
      saysAnything(after.report) && { vulnerabilities: compareFindings(before.report, after.report) }),
  }
}

/** No findings are no news where nobody could look. */
function saysAnything(report: FindingsReport | undefined): report is FindingsReport {
  return report !== undefined && !['waiting', 'unsupported', 'failed'].includes(report.state)
}

function stateOf({ repository, digest, manifest, inventory }: ComparedImage): ComparedState {
  const sizes = new Map(manifest.blobs.map((blob) => [blob.digest, blob.size]))
  return {
    ...{ repository, digest, state: inventory?.state ?? 'waiting', reasons: inventory?.facts.reasons ?? [] },
    sizeBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  }
}

function saidOf({ settings, inventory, manifest }: ComparedImage) {
  return { settings, os: inventory?.facts.os, base: baseOf(manifest) }
}

type Listing = NonNullable<ComparedImage['listing']>

function totalsOf(before: Listing, after: Listing): FileTotals {
  const { items: _, next: __, ...totals } = compareFiles(before.files, after.files, { after: '', limit: 0 })
  const trustIn = ({ state, reasons }: Listing) => ({ state, reasons })
  return { before: trustIn(before), after: trustIn(after), ...totals }
}
