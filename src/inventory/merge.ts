import type { Digest } from '../oci/digest.ts'
import type { OsRelease, Package } from '../packages/package.ts'
import { FileTree } from './file-tree.ts'
import type { LocatedPackage } from './image-inventory.ts'
import type { LayerFile, LayerInventory } from './layer-inventory.ts'

export interface MergedLayers {
  /** Undefined: no layer says which it is. */
  readonly os: OsRelease | undefined
  readonly packages: readonly LocatedPackage[]
  readonly reasons: readonly string[]
  readonly unknownBinaries: readonly string[]
}

/** Files of which anything is known: what they tell of, and since which layer. */
interface KnownFile {
  readonly path: string
  readonly packages: readonly Package[]
  /** By package: the first layer that has it in this file. */
  readonly since: ReadonlyMap<string, Digest>
  readonly isUnknown: boolean
}

const MAX_UNKNOWN = 100
const MAX_REASONS = 100

/**
 * What is in an image, of what is in its layers, from the lowest to the topmost (image-spec layer.md, "Applying
 * Changesets"): whiteouts take away what lower layers have, and so does a file that is there again.
 */
export function mergeLayers(
  layers: readonly { readonly digest: Digest; readonly inventory: LayerInventory }[],
): MergedLayers {
  const tree = new FileTree<KnownFile>()
  const reasons = new Set<string>()
  let os: OsRelease | undefined
  for (const { digest, inventory } of layers) {
    applyLayer(tree, digest, inventory)
    os = mergeOs(os, inventory.os)
    for (const reason of inventory.reasons) if (reasons.size < MAX_REASONS) reasons.add(reason)
  }
  const packages: LocatedPackage[] = []
  const unknownBinaries: string[] = []
  for (const file of tree.values()) {
    if (file.isUnknown && unknownBinaries.length < MAX_UNKNOWN) unknownBinaries.push(file.path)
    for (const each of file.packages) packages.push(located(each, file))
  }
  return { os: os?.id === '' ? undefined : os, packages, reasons: [...reasons], unknownBinaries }
}

/** The files of an image by their paths, of what its layers have. */
export function mergeFiles(layers: readonly Pick<LayerInventory, 'files'>[]): ReadonlyMap<string, LayerFile> {
  const tree = new FileTree<LayerFile>()
  for (const { files } of layers) {
    takeAway(tree, files)
    for (const file of files) {
      if (!isThere(file)) continue
      if (file.kind !== 'folder') tree.remove(file.path)
      tree.put(file.path, file)
    }
  }
  const merged = new Map<string, LayerFile>()
  for (const file of tree.values()) merged.set(file.path, file)
  return merged
}

function applyLayer(tree: FileTree<KnownFile>, digest: Digest, inventory: LayerInventory): void {
  // What the layer has again was there before it, although its files are about to be taken away.
  const news = newFiles(digest, inventory, (path) => tree.get(path))
  takeAway(tree, inventory.files)
  for (const { path, kind } of inventory.files) {
    if (kind === 'folder') tree.removeOne(path)
    else if (kind !== 'removed' && kind !== 'opaque') tree.remove(path)
  }
  for (const file of news) tree.put(file.path, file)
}

function newFiles(
  digest: Digest,
  { packageFiles, unknownBinaries }: LayerInventory,
  before: (path: string) => KnownFile | undefined,
): Iterable<KnownFile> {
  const files = new Map<string, KnownFile>()
  for (const { path, packages } of packageFiles) {
    const known = before(path)?.since
    const since = new Map(packages.map((each) => [keyOf(each), known?.get(keyOf(each)) ?? digest]))
    files.set(path, { path, packages, since, isUnknown: false })
  }
  for (const path of unknownBinaries) {
    const { packages = [], since = new Map() } = files.get(path) ?? {}
    files.set(path, { path, packages, since, isUnknown: true })
  }
  return files.values()
}

/** Whiteouts are about lower layers only, wherever in their own they stand. */
function takeAway(tree: FileTree<unknown>, files: readonly LayerFile[]): void {
  for (const { path, kind } of files) {
    if (kind === 'removed') tree.remove(path)
    else if (kind === 'opaque') tree.removeBelow(path)
  }
}

function isThere({ kind }: LayerFile): boolean {
  return kind !== 'removed' && kind !== 'opaque'
}

/** A layer that replaces `os-release` says all of it; one with less, such as Alpine's repositories, adds to it. */
function mergeOs(before: OsRelease | undefined, now: OsRelease | undefined): OsRelease | undefined {
  if (before === undefined || now === undefined) return now ?? before
  const apkBranch = now.apkBranch ?? before.apkBranch
  const { apkBranch: _, ...said } = now.id === '' ? before : now
  return { ...said, ...(apkBranch === undefined ? {} : { apkBranch }) }
}

function located(each: Package, { path, since }: KnownFile): LocatedPackage {
  const layer = since.get(keyOf(each))
  if (layer === undefined) throw new Error('a package of a merged file has no layer')
  return { ...each, path, layer }
}

function keyOf({ type, name, version }: Package): string {
  return `${type}\0${name}\0${version}`
}
