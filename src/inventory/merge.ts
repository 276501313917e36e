import type { Digest } from '../oci/digest.ts'
import type { OsRelease, Package } from '../packages/package.ts'
import { distributionOf, distributionReasons, hasPackageDatabase, type SystemFiles } from './distribution.ts'
import { FileTree } from './file-tree.ts'
import type { LocatedPackage } from './image-inventory.ts'
import { isOfDistributions, isSharedLibrary } from './languages/answered-for.ts'
import type { LayerFile, LayerInventory } from './layer-inventory.ts'
import { databaseTypeAt, isOnTheWay } from './package-databases.ts'

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
  /** `unanswered`: unless there is a package database of the distribution. */
  readonly unknown?: 'yes' | 'unanswered'
  /** What it says of the distribution. */
  readonly os?: Partial<OsRelease>
  /** Where it leads. */
  readonly link?: string
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
  for (const { digest, inventory } of layers) {
    applyLayer(tree, digest, inventory)
    for (const reason of inventory.reasons) if (reasons.size < MAX_REASONS) reasons.add(reason)
  }
  const files = [...tree.values()]
  const system = systemOf(files)
  const os = distributionOf(system)
  const isAnswered = hasPackageDatabase(system)
  const isUnknown = ({ unknown }: KnownFile) => unknown === 'yes' || (unknown === 'unanswered' && !isAnswered)
  return {
    os,
    packages: files.flatMap((file) => file.packages.map((each) => located(each, file))),
    reasons: [...distributionReasons(system, os), ...reasons],
    unknownBinaries: files
      .filter(isUnknown)
      .slice(0, MAX_UNKNOWN)
      .map(({ path }) => path),
  }
}

/** The files of an image by their paths, of what its layers have. */
export function mergeFiles<F extends LayerFile>(
  layers: readonly { readonly files: readonly F[] }[],
): ReadonlyMap<string, F> {
  const tree = new FileTree<F>()
  for (const { files } of layers) {
    takeAway(tree, files)
    for (const file of files) {
      if (!isThere(file)) continue
      if (file.kind !== 'folder') tree.remove(file.path)
      tree.put(file.path, file)
    }
  }
  const merged = new Map<string, F>()
  for (const file of tree.values()) merged.set(file.path, file)
  return merged
}

function systemOf(files: readonly KnownFile[]): SystemFiles {
  return {
    releases: new Map(files.flatMap(({ path, os }) => (os === undefined ? [] : [[path, os]]))),
    databases: new Map(
      files.flatMap(({ path, packages, link }) =>
        link !== undefined || databaseTypeAt(path) === undefined ? [] : [[path, packages.length]],
      ),
    ),
    links: new Map(files.flatMap(({ path, link }) => (link === undefined ? [] : [[path, link]]))),
  }
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
  { packageFiles, unknownBinaries, distributionBinaries = [], osFiles = [], files: all }: LayerInventory,
  before: (path: string) => KnownFile | undefined,
): Iterable<KnownFile> {
  const files = new Map<string, KnownFile>()
  for (const { path, packages } of packageFiles) {
    const known = before(path)?.since
    const since = new Map(packages.map((each) => [keyOf(each), known?.get(keyOf(each)) ?? digest]))
    files.set(path, { path, packages, since })
  }
  const add = (path: string, more: Partial<KnownFile>) =>
    files.set(path, { ...(files.get(path) ?? { path, packages: [], since: new Map() }), ...more })
  for (const { path, kind, content } of all) {
    if (kind === 'link' && isOnTheWay(path)) add(path, { link: content })
    else if (kind === 'file' && isSharedLibrary(path) && !files.has(path))
      add(path, { unknown: isOfDistributions(path) ? 'unanswered' : 'yes' })
  }
  for (const path of distributionBinaries) add(path, { unknown: 'unanswered' })
  for (const path of unknownBinaries) add(path, { unknown: 'yes' })
  for (const { path, os } of osFiles) add(path, { os })
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

function located(each: Package, { path, since }: KnownFile): LocatedPackage {
  const layer = since.get(keyOf(each))
  if (layer === undefined) throw new Error('a package of a merged file has no layer')
  return { ...each, path, layer }
}

function keyOf({ type, name, version }: Package): string {
  return `${type}\0${name}\0${version}`
}
