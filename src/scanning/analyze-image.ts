import { baseOf, MAX_CONFIG_BYTES, parseImageConfig } from '../inventory/image-config.ts'
import type { ImageFacts, InventoryState, LocatedPackage } from '../inventory/image-inventory.ts'
import type { LayerInventory } from '../inventory/layer-inventory.ts'
import type { LayerReader } from '../inventory/layer-reader.ts'
import { findLayer, isLayerKnown, packLayer, saveLayer } from '../inventory/layer-store.ts'
import { holdsImage, layersOf } from '../inventory/held-layers.ts'
import { isOfDistribution } from '../inventory/distribution-owned.ts'
import { mergeLayers } from '../inventory/merge.ts'
import { type PackageRow, ensurePackages, packPackages, saveImage } from '../inventory/store.ts'
import { jobActor } from '../lib/actor.ts'
import { findStoredBlob } from '../metadata/blobs.ts'
import { readManifestContent } from '../metadata/manifests.ts'
import { forgetVerdicts } from '../metadata/policy-verdicts.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import { advisoryKeyOf } from '../packages/ecosystem.ts'
import type { OsRelease } from '../packages/package.ts'
import { purlOf } from '../packages/package-purl.ts'
import { openBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import { isImage } from './listener.ts'
import { findPlaces } from './places-store.ts'

interface AnalyzeParts {
  readonly registry: Registry
  readonly reader: LayerReader
}

/** What became of it. `absent`: no repository has it. `incomplete`: its layers are not here, or not yet. */
export type Analysis = 'done' | 'absent' | 'incomplete'

const SCANNED = {
  actor: jobActor('scan'),
  action: 'image.scanned',
  outcome: 'done',
} as const

/** More places than this are not looked at for one that has everything. */
const MAX_PLACES = 50

/** Looks into an image, and writes down what it holds. Layers that are known are not read again. */
export async function analyzeImage(
  { registry, reader }: AnalyzeParts,
  digest: Digest,
  signal: AbortSignal,
): Promise<Analysis> {
  const manifest = await findWhole(registry, digest)
  if (manifest === 'absent' || manifest === 'incomplete') return manifest
  const layers: { digest: Digest; inventory: LayerInventory }[] = []
  for (const layer of layersOf(manifest)) {
    await readLayer({ registry, reader }, layer, signal)
    const inventory = await findLayer(registry.database.reader, layer)
    if (inventory !== undefined) layers.push({ digest: layer, inventory })
  }
  await save(registry, digest, { manifest, layers })
  return 'done'
}

async function findWhole({ database }: Registry, digest: Digest): Promise<Manifest | 'absent' | 'incomplete'> {
  const { reader } = database
  const places = await findPlaces(reader, digest, MAX_PLACES)
  for (const { repositoryId } of places) {
    const content = await readManifestContent(reader, repositoryId, digest)
    const manifest = content && parseManifest(content, undefined)
    if (manifest === undefined) continue
    if (!isImage(manifest)) return 'absent'
    if (await holdsImage(reader, repositoryId, manifest)) return manifest
  }
  return places.length === 0 ? 'absent' : 'incomplete'
}

async function readLayer({ registry, reader }: AnalyzeParts, digest: Digest, signal: AbortSignal): Promise<void> {
  if (await isLayerKnown(registry.database.reader, digest)) return
  const blob = await findStoredBlob(registry.database.reader, digest)
  if (blob === undefined || blob.damaged) throw new Error(`the layer ${digest} is gone or damaged`)
  const opened = await openBlob(registry, blob)
  const content = opened instanceof Uint8Array ? new Blob([opened]) : opened
  const packed = packLayer(digest, await reader.read({ sizeBytes: blob.sizeBytes, content }, signal))
  signal.throwIfAborted()
  await registry.database.writeQuietly((tx) => saveLayer(tx, packed, registry.clock.now()))
}

interface Found {
  readonly manifest: Manifest
  readonly layers: readonly { readonly digest: Digest; readonly inventory: LayerInventory }[]
}

async function save(registry: Registry, digest: Digest, { manifest, layers }: Found): Promise<void> {
  const merged = mergeLayers(layers)
  const reasons = [...merged.reasons, ...foreignReasons(manifest), ...unknownReasons(merged.unknownBinaries)]
  const facts: ImageFacts = {
    reasons: [...new Set(reasons)].slice(0, 50),
    ...(merged.os && { os: merged.os }),
    ...(await configFacts(registry, manifest)),
    layers: layersOf(manifest),
  }
  const rows = distinctRows(merged.packages, merged.os)
  const content = packPackages(merged.packages)
  const state = stateOf({ layers, reasons, isEmpty: rows.length === 0 && merged.os === undefined })
  await registry.database.writeRelaxed(async (tx) => {
    const packages = await ensurePackages(tx, rows)
    await saveImage(tx, { digest, state, facts, packages, content }, registry.clock.now())
    await forgetVerdicts(tx, digest)
    const detail = { state, packages: rows.length }
    await registry.recorder.record(tx, { ...SCANNED, target: `image:${digest}`, detail })
  })
}

function foreignReasons({ blobs }: Manifest): string[] {
  const foreign = blobs.filter(({ mediaType }) => isNonDistributable(mediaType)).length
  return foreign === 0 ? [] : [`${foreign} layers are not stored here (non-distributable)`]
}

function unknownReasons(paths: readonly string[]): string[] {
  if (paths.length === 0) return []
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  return [`of these programs nothing is known: ${paths.slice(0, 3).join(', ')}${more}`]
}

async function configFacts(
  registry: Registry,
  manifest: Manifest,
): Promise<Pick<ImageFacts, 'labels' | 'platform' | 'created' | 'base' | 'user'>> {
  const [config] = manifest.blobs
  const base = baseOf(manifest)
  const content = config && isDigest(config.digest) ? await readConfig(registry, config.digest) : undefined
  return { labels: {}, ...(content && parseImageConfig(content)), ...(base && { base }) }
}

async function readConfig(registry: Registry, digest: Digest): Promise<Uint8Array | undefined> {
  const blob = await findStoredBlob(registry.database.reader, digest)
  if (blob === undefined || blob.damaged || blob.sizeBytes > MAX_CONFIG_BYTES) return undefined
  const opened = await openBlob(registry, blob)
  return opened instanceof Uint8Array ? opened : new Uint8Array(await opened.arrayBuffer())
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
}: Pick<Found, 'layers'> & { readonly reasons: readonly string[]; readonly isEmpty: boolean }): InventoryState {
  if (layers.length > 0 && layers.every(({ inventory }) => inventory.state === 'failed')) return 'failed'
  if (isEmpty) return 'unsupported'
  const isWhole = layers.every(({ inventory }) => inventory.state === 'complete') && reasons.length === 0
  return isWhole ? 'complete' : 'partial'
}
